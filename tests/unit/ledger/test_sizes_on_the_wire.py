"""What a broker can measure: a size class for each part, and nothing that tells which class of data it is."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from edge_kit import CODEC, IDENTITY, RECIPIENT, SENDER, offer_of
from whole_kit import Whole

from participant_edge.commands import PartRecord
from participant_edge.sealing import SIZE_CLASSES
from referral_exchange import events

CLASSES = ("identity", "contact", "legal", "criminal-legal", "orientation-gender", "immigration", "tribal")
FRAME = 12 + 16
"""Bytes of nonce and tag around what is padded."""

SHORT: list[PartRecord] = [
    IDENTITY,
    events.Identity(chosen_name="A", legal_name="Invented " * 30),
    events.Contact(phone="555-0100"),
    events.Legal(note="a"),
    events.CriminalLegal(note="invented " * 40),
    events.OrientationGender(note="x"),
    events.Immigration(note="y" * 300),
    events.Tribal(nation="Invented"),
]
"""Of seven data classes, of very different lengths, all within the smallest size class."""


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    made = Whole(tmp_path)
    with made.kit.sending():
        yield made
    made.close()


def disclosed(whole: Whole, *drafts: list[PartRecord]) -> list[bytes]:
    """Each disclosure's value as it stands on the outbox topic."""
    sender, recipient = whole.edge(SENDER), whole.edge(RECIPIENT)
    form = whole.consent(data_classes=(*CLASSES, "needs"))
    given = sender.give_consent(form, "consent-1")
    referral_id = sender.offer(offer_of(given.consent_id), "offer-1").referral_id
    whole.settle(sender, recipient)
    recipient.answer(referral_id, "accepted", "accepted", "answer-1")
    whole.settle(sender, recipient)
    for number, parts in enumerate(drafts):
        sender.disclose(referral_id, parts, f"disclose-{number}")
    said = (m for m in whole.broker.produced if m.headers["ce_type"] == b"ReferralDisclosed.v1")
    return [message.value for message in said]


def parts_of(value: bytes) -> list[events.SealedPart]:
    event = CODEC.decode(value, "ReferralDisclosed.v1")
    assert isinstance(event, events.ReferralDisclosed)
    return event.parts


def test_messages_of_whatever_class_and_length_are_of_one_size(whole: Whole) -> None:
    values = disclosed(whole, *([part] for part in SHORT))
    assert len(values) == len(SHORT)
    assert len({len(value) for value in values}) == 1
    parts = [part for value in values for part in parts_of(value)]
    assert {len(part.ciphertext) for part in parts} == {SIZE_CLASSES[0] + FRAME}
    assert len({len(part.lock) for part in parts}) == 1


@pytest.mark.parametrize("size", SIZE_CLASSES)
def test_a_longer_part_shows_the_next_size_class_and_no_length_between(whole: Whole, size: int) -> None:
    lengths = [size - 60, size // 4 * 3, size // 4 + 100 if size > 512 else 1]
    values = disclosed(whole, *([events.Legal(note="n" * length)] for length in lengths))
    ciphertexts = {len(part.ciphertext) for value in values for part in parts_of(value)}
    assert ciphertexts == {size + FRAME}
    assert len({len(value) for value in values}) == 1


def test_of_several_parts_the_order_tells_nothing(whole: Whole) -> None:
    long = events.Legal(note="n" * 1000)
    values = disclosed(whole, *([IDENTITY, long] for _ in range(24)))
    places = {[len(part.ciphertext) for part in parts_of(value)].index(2048 + FRAME) for value in values}
    assert places == {0, 1}
