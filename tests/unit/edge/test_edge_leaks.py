"""Nothing about a person stands outside sealed parts: database, keys, logs, errors, reprs, messages."""

import logging
from dataclasses import replace
from pathlib import Path

import pytest
from edge_kit import NEEDS, RECIPIENT, SENDER, Network, offer_of

from participant_edge import deliver
from participant_edge.commands import ConsentDraft
from participant_edge.delivery import Effect, NotDelivered
from participant_edge.edge import EdgeError
from referral_exchange.events import Identity, SafeContact

CANARIES = {
    "name": "Zephyrine Quillfeather",
    "legal": "Quixandra Testperson",
    "born": "1901-02-03",
    "phone": "555-010-7788",
    "pretext": "calling about the zinc kettle",
    "region": "Wraithmoor",
    "language": "tlh-Canary",
}
IDENTITY = Identity(
    chosen_name=CANARIES["name"], legal_name=CANARIES["legal"], birth_date=CANARIES["born"], pronouns="xe/xem"
)
CONTACT = SafeContact(
    may_contact=True, method="phone", value=CANARIES["phone"], pretext=CANARIES["pretext"], voicemail=False
)


class Failing:
    """An agency system that sees the plaintext and fails."""

    guard = "none"
    opens = True

    def __init__(self) -> None:
        self.seen: list[str] = []

    def deliver(self, effect: Effect) -> None:
        self.seen.append(str([part.record.to_datum() for part in effect.parts]))
        raise NotDelivered("http-500")


def files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def searched(text: str | bytes) -> list[str]:
    raw = text if isinstance(text, bytes) else text.encode()
    return [name for name, canary in CANARIES.items() if canary.encode() in raw]


def test_no_canary_leaves_a_sealed_part(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    network = Network(tmp_path)
    system = Failing()
    sender, recipient = network.edge(SENDER), network.edge(RECIPIENT)
    draft = network.consent(data_classes=("identity", "needs", "safe-contact"), language=CANARIES["language"])
    given = sender.give_consent(draft, "c")
    needs = replace(NEEDS, region=CANARIES["region"])
    referral_id = sender.offer(offer_of(given.consent_id, needs=needs), "o").referral_id
    network.settle(sender, recipient)
    recipient.answer(referral_id, "accepted", "accepted", "a")
    network.settle(sender, recipient)
    errors = []
    for bad in ([replace(IDENTITY, chosen_name=None)], [replace(CONTACT, voicemail="no")]):
        with pytest.raises(EdgeError) as caught:
            sender.disclose(referral_id, bad, f"bad-{bad[0].RECORD}")  # type: ignore[list-item]
        errors.append(repr(caught.value) + str(caught.value))
    sender.disclose(referral_id, [IDENTITY, CONTACT], "d")
    network.route()
    failing = network.edge(RECIPIENT, system)
    failing.step()
    for _ in range(3):
        network.clock.turn(seconds=100)
        deliver.turn(failing._means, system)

    assert set(searched(" ".join(system.seen))) == set(CANARIES) - {"region", "language"}, (
        "the canaries were there"
    )
    broker = b"".join(
        (m.value or b"") + m.key.encode() + b"".join(m.headers.values()) for m in network.broker.produced
    )
    for place, held in {
        "disk": files(tmp_path),
        "broker": broker,
        "log": caplog.text,
        "errors": "".join(errors),
    }.items():
        assert searched(held) == [], place
    token = given.subject_token.encode()
    assert token not in files(tmp_path)
    assert token not in broker + caplog.text.encode()


def test_nothing_with_personal_fields_shows_them(tmp_path: Path) -> None:
    network = Network(tmp_path)
    draft = network.consent(language=CANARIES["language"], subject_token="t" * 36)
    needs = replace(NEEDS, region=CANARIES["region"])
    shown = "".join(map(repr, (draft, IDENTITY, CONTACT, needs, offer_of("c", needs=needs))))
    assert searched(shown) == []
    assert "t" * 36 not in shown
    assert ConsentDraft.__name__ in shown


def test_the_sealed_bytes_of_an_ended_consent_are_gone_from_the_disk(tmp_path: Path) -> None:
    network = Network(tmp_path)
    sender, recipient = network.edge(SENDER), network.edge(RECIPIENT)
    given = [sender.give_consent(network.consent(), f"c{n}") for n in range(6)]
    for n, consent in enumerate(given):
        sender.offer(offer_of(consent.consent_id), f"o{n}")
    sealed = [(message.value or b"")[-64:] for message in network.broker.produced]
    network.settle(sender, recipient)
    assert all(each in files(tmp_path / "harbor-house") for each in sealed)
    for consent in given[::2]:
        sender.withdraw(consent.consent_id)
    network.settle(sender, recipient)
    recipient.stop()
    left = [each in files(tmp_path / "harbor-house") for each in sealed]
    assert left == [False, True] * 3


def test_a_fingerprint_cannot_be_guessed_without_the_key(tmp_path: Path) -> None:
    from participant_edge.own_memory import MemoryUnreadable, OwnMemory, open_memory

    one, other = OwnMemory(bytes(32)), OwnMemory(bytes([1]) * 32)
    assert one.fingerprint(b"x") != other.fingerprint(b"x")
    kept = one.protect(b"secret", "row")
    assert one.reveal(kept, "row") == b"secret"
    for memory, row in ((other, "row"), (one, "another")):
        with pytest.raises(MemoryUnreadable):
            memory.reveal(kept, row)
    made = open_memory(tmp_path / "keys", "p")
    assert open_memory(tmp_path / "keys", "p").key == made.key
    (file,) = (tmp_path / "keys").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
