"""Nobody opens alone: whoever holds all that one party keeps, or several, cannot; with both locks one can."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from burglar_kit import Burglar, Target
from edge_kit import CODEC, IDENTITY, NEEDS, RECIPIENT, SENDER
from whole_kit import Holding, Whole, holdings

from participant_edge.edge import Edge, Refused
from referral_exchange import events

EVERYONE = ("ledger", "broker", "sender", "recipient")


@contextmanager
def a_whole(folder: Path) -> Iterator[Whole]:
    made = Whole(folder)
    with made.kit.sending():
        yield made
    made.close()


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    with a_whole(tmp_path) as made:
        yield made


@pytest.fixture
def edges(whole: Whole) -> tuple[Edge, Edge]:
    return whole.edge(SENDER), whole.edge(RECIPIENT)


@dataclass(frozen=True)
class Scene:
    """What everybody holds at one moment, and what a burglar is after."""

    kept: Mapping[str, Holding]
    parts: list[Target]


def seen(whole: Whole) -> Scene:
    return Scene(holdings(whole), targets(whole))


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """While the consent lives; those who look at it change nothing."""
    with a_whole(tmp_path_factory.mktemp("living")) as whole:
        whole.disclosed(whole.edge(SENDER), whole.edge(RECIPIENT))
        return seen(whole)


def targets(whole: Whole) -> list[Target]:
    """Every part about her that the sender put on the wire."""
    found = []
    for message in whole.broker.produced:
        event = CODEC.decode(message.value, message.headers["ce_type"].decode())
        if isinstance(event, events.ReferralOffered | events.ReferralDisclosed):
            about = (event.consent_id, event.referral_id, event.programme_to)
            found += [Target(*about, part.lock, part.ciphertext) for part in event.parts]
    assert len(found) == 2
    return found


def burgled(scene: Scene, folder: Path, *parties: str) -> Burglar:
    """What one gets who holds all that `parties` keep. Prints how much was tried."""
    kept = [holding for party, holding in scene.kept.items() if party in parties]
    files = [raw for holding in kept for raw in holding.files]
    burglar = Burglar([*files, *(raw for holding in kept for raw in holding.values)], files, folder / "loot")
    burglar.break_in(scene.parts)
    print(f"{' + '.join(parties)}: {burglar.tried} attempts, {len(burglar.opened)} opened")
    return burglar


@pytest.mark.parametrize(
    "parties",
    [
        ("ledger",),
        ("broker",),
        ("recipient",),
        ("ledger", "broker"),
        ("broker", "recipient"),
        ("ledger", "broker", "sender"),
        ("broker", "sender", "recipient"),
    ],
    ids="+".join,
)
def test_while_the_consent_lives_no_one_opens_without_both_locks(
    living: Scene, tmp_path: Path, parties: tuple[str, ...]
) -> None:
    burglar = burgled(living, tmp_path, *parties)
    assert burglar.tried > 0 or parties == ("ledger",)
    assert burglar.opened == []


def test_the_same_attempts_succeed_with_the_recipients_key_and_the_ledgers(
    living: Scene, tmp_path: Path
) -> None:
    opened = burgled(living, tmp_path, "ledger", "recipient").opened
    assert NEEDS in opened
    assert IDENTITY in opened


def test_the_recipient_opens_while_the_consent_lives_and_not_after(
    whole: Whole, edges: tuple[Edge, Edge]
) -> None:
    sender, recipient = edges
    referral_id = whole.disclosed(sender, recipient)
    assert {type(part.record) for part in recipient.open_parts(referral_id)} == {type(NEEDS), type(IDENTITY)}
    sender.withdraw(referral_id)
    with pytest.raises(Refused):
        recipient.open_parts(referral_id)


@dataclass(frozen=True)
class Withdrawn:
    """`left`: the key that the ledger still finds; then what is held before the daily turn and after it."""

    left: Mapping[str, tuple[int, bytes]]
    before: Scene
    after: Scene


@pytest.fixture(scope="module")
def withdrawn(tmp_path_factory: pytest.TempPathFactory) -> Withdrawn:
    with a_whole(tmp_path_factory.mktemp("withdrawn")) as whole:
        sender = whole.edge(SENDER)
        referral_id = whole.disclosed(sender, whole.edge(RECIPIENT))
        consent_id = sender.referral(referral_id).consent_id
        sender.withdraw(referral_id)
        with whole.kit.ledger.operation() as operation:
            left = whole.kit.ledger.unwrapped(operation, {consent_id})
        before = seen(whole)
        whole.kit.upkeep.new_epoch()
        return Withdrawn(left, before, seen(whole))


def test_after_a_withdrawal_and_the_daily_turn_all_of_them_together_cannot(
    withdrawn: Withdrawn, tmp_path: Path
) -> None:
    assert burgled(withdrawn.after, tmp_path, *EVERYONE).opened == []


def test_until_that_turn_the_databases_log_the_epoch_key_and_the_recipients_key_together_could(
    withdrawn: Withdrawn, tmp_path: Path
) -> None:
    """The limit of "at once": no row holds the key, the log of the database still does, wrapped. Said so."""
    assert withdrawn.left == {}
    assert len(burgled(withdrawn.before, tmp_path, "ledger", "broker", "recipient").opened) == 2
