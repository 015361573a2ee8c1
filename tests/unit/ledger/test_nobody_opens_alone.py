"""Nobody opens alone: whoever holds all that one party keeps, or several, cannot; with both locks one can."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from burglar_kit import Burglar, Target
from edge_kit import CODEC, IDENTITY, NEEDS, RECIPIENT, SENDER
from whole_kit import Whole, holdings

from participant_edge.edge import Edge, Refused
from referral_exchange import events

EVERYONE = ("ledger", "broker", "sender", "recipient")


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    made = Whole(tmp_path)
    with made.kit.sending():
        yield made
    made.close()


@pytest.fixture
def edges(whole: Whole) -> tuple[Edge, Edge]:
    return whole.edge(SENDER), whole.edge(RECIPIENT)


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


def burgled(whole: Whole, folder: Path, *parties: str) -> Burglar:
    """What one gets who holds all that `parties` keep. Prints how much was tried."""
    kept = [holding for party, holding in holdings(whole).items() if party in parties]
    files = [raw for holding in kept for raw in holding.files]
    burglar = Burglar([*files, *(raw for holding in kept for raw in holding.values)], files, folder / "loot")
    burglar.break_in(targets(whole))
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
    whole: Whole, edges: tuple[Edge, Edge], tmp_path: Path, parties: tuple[str, ...]
) -> None:
    whole.disclosed(*edges)
    burglar = burgled(whole, tmp_path, *parties)
    assert burglar.tried > 0 or parties == ("ledger",)
    assert burglar.opened == []


def test_the_same_attempts_succeed_with_the_recipients_key_and_the_ledgers(
    whole: Whole, edges: tuple[Edge, Edge], tmp_path: Path
) -> None:
    whole.disclosed(*edges)
    opened = burgled(whole, tmp_path, "ledger", "recipient").opened
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


def test_after_a_withdrawal_and_the_daily_turn_all_of_them_together_cannot(
    whole: Whole, edges: tuple[Edge, Edge], tmp_path: Path
) -> None:
    sender, recipient = edges
    referral_id = whole.disclosed(sender, recipient)
    sender.withdraw(referral_id)
    whole.kit.upkeep.new_epoch()
    assert burgled(whole, tmp_path, *EVERYONE).opened == []


def test_until_that_turn_the_databases_log_the_epoch_key_and_the_recipients_key_together_could(
    whole: Whole, edges: tuple[Edge, Edge], tmp_path: Path
) -> None:
    """The limit of "at once": no row holds the key, the log of the database still does, wrapped. Said so."""
    sender, recipient = edges
    referral_id = whole.disclosed(sender, recipient)
    consent_id = sender.referral(referral_id).consent_id
    sender.withdraw(referral_id)
    with whole.kit.ledger.operation() as operation:
        assert whole.kit.ledger.unwrapped(operation, {consent_id}) == {}
    assert len(burgled(whole, tmp_path, "ledger", "broker", "recipient").opened) == 2
