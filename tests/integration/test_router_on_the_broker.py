"""The router on the real broker: what goes through, what is refused, what is set aside, what is told."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from cases import Case, answered, disclosed, given, offered, part, purged, received, status
from router_kit import PARTITIONS, Exchange, settle, stepping

from exchange_command.platform import Platform
from referral_exchange import ids, refusals
from referral_exchange.events import (
    BadMessageReported,
    ClockElapsed,
    ConsentEnded,
    EventRefused,
    MessageQuarantined,
    ReferralOffered,
)
from referral_exchange.message import signed_bytes
from referral_exchange.runtime.tail import Partition
from referral_exchange.signing import load_signer, verifies
from referral_exchange.topics import inbox, outbox
from referral_router.router import Router


@pytest.fixture(scope="module")
def exchange(platform: Platform) -> Exchange:
    return Exchange(platform)


@pytest.fixture(scope="module")
def router(exchange: Exchange) -> Iterator[Router]:
    with stepping(exchange) as one:
        yield one


@pytest.fixture
def case(exchange: Exchange, router: Router) -> Case:
    """Two new desks with a referral's consents between them."""
    made = Case(exchange.desk("lantern"), exchange.desk("harbor"))
    exchange.give(made)
    settle(router)
    return made


def refused(exchange: Exchange, router: Router, case: Case, event_id: str) -> EventRefused:
    """What the sender of `case` is told about its event."""

    def told() -> list[EventRefused]:
        answers = exchange.inbox(case.sender, EventRefused)
        return [e for e in answers if e.refused_event_id == event_id]

    settle(router, lambda: bool(told()))
    return told()[0]


def test_a_referral_goes_there_and_back_and_a_withdrawal_is_told_to_both(
    exchange: Exchange, router: Router, case: Case
) -> None:
    there, back = case.recipient, case.sender
    for desk, event, arrives, count in (
        (case.sender, offered(case), there, 1),
        (case.recipient, received(case), back, 1),
        (case.recipient, answered(case), back, 2),
        (case.sender, disclosed(case), there, 2),
        (case.recipient, status(case, "completed"), back, 3),
    ):
        exchange.send(desk, event)
        settle(router, lambda arrives=arrives, count=count: len(exchange.inbox(arrives)) == count)
    exchange.withdraw(case)
    settle(router, lambda: len(exchange.inbox(there, ConsentEnded)) == 2)
    answer = purged(case)
    exchange.send(case.recipient, answer)
    settle(router, lambda: answer in exchange.inbox(back))
    record = router.tasks[case.partition].records.get(case.referral_id)
    assert record is not None
    assert record.state == "completed"


def test_what_the_router_says_is_signed_with_its_own_key_and_carries_the_ledgers_signature(
    exchange: Exchange, router: Router, case: Case
) -> None:
    exchange.withdraw(case)
    settle(router, lambda: len(exchange.inbox(case.sender, ConsentEnded)) == 2)
    own = load_signer(exchange.platform.places.keys, "referral_router").public
    for found in exchange.found(inbox(case.sender.participant)):
        value, told = found.message.value or b"", found.event
        assert isinstance(told, ConsentEnded)
        named = {name: header or b"" for name, header in found.headers.items()}
        covered = signed_bytes("ConsentEnded.v1", case.referral_id, case.sender.programme, value)
        assert verifies(own, named["signature"], covered)
        fact = exchange.codec.decode(told.ledger_event, told.ledger_type)
        ledger_covered = signed_bytes(
            told.ledger_type, told.consent_id, getattr(fact, "programme_to", ""), told.ledger_event
        )
        assert verifies(exchange.ledger.public, told.ledger_signature, ledger_covered)


def test_another_programme_another_key_and_another_partition_are_refused(
    exchange: Exchange, router: Router, case: Case
) -> None:
    stranger = exchange.desk("orchard")
    settle(router)
    forged = [
        (offered(case, programme_from=stranger.programme), {}, refusals.NOT_YOUR_PROGRAMME),
        (offered(case), {"key": ids.fresh()}, refusals.WRONG_KEY),
    ]
    unplaced = offered(Case(case.sender, case.recipient))
    forged.append(
        (
            unplaced,
            {
                "partition": (Case(case.sender, case.recipient, unplaced.referral_id).partition + 1)
                % PARTITIONS
            },
            refusals.WRONG_PARTITION,
        )
    )
    forged.append((given(case)[0], {}, refusals.EVENT_NOT_ALLOWED))
    for event, how, code in forged:
        exchange.send(case.sender, event, **how)
        assert refused(exchange, router, case, event.event_id).code == code
    assert exchange.inbox(case.recipient) == []


def test_a_stranger_and_anothers_event_id_get_nowhere(exchange: Exchange, router: Router, case: Case) -> None:
    offer = offered(case)
    exchange.send(case.sender, offer)
    settle(router, lambda: offer in exchange.inbox(case.recipient))
    stranger = exchange.desk("orchard")
    settle(router)
    taken = disclosed(case, event_id=offer.event_id, programme_from=stranger.programme)
    exchange.send(stranger, taken)
    settle(router, lambda: len(exchange.inbox(stranger)) == 1)
    assert exchange.inbox(stranger, EventRefused)[0].code == refusals.UNKNOWN
    assert exchange.inbox(case.recipient) == [offer]
    exchange.send(case.sender, replace(offer, parts=[part()]))
    assert refused(exchange, router, case, offer.event_id).code == refusals.ID_REUSED


def test_the_same_event_sent_twice_arrives_with_the_same_id_and_moves_nothing(
    exchange: Exchange, router: Router, case: Case
) -> None:
    offer = offered(case)
    exchange.send(case.sender, offer)
    exchange.send(case.sender, offer)
    settle(router, lambda: len(exchange.inbox(case.recipient)) == 2)
    assert exchange.inbox(case.recipient) == [offer, offer]
    record = router.tasks[case.partition].records.get(case.referral_id)
    assert record is not None
    assert len(record.verdicts) == 1


def test_poison_is_set_aside_by_pointer_and_the_partition_goes_on(
    exchange: Exchange, router: Router, case: Case
) -> None:
    offer = offered(case)
    whole = exchange.codec.encode(offer)
    canary = b"Invented Name"
    poison = {
        b"\x00\xff\xff\xff\xff" + whole[5:]: "unknown-schema-id",
        whole[:-30]: "truncated",
        whole + canary: "trailing-bytes",
        canary * 20: "not-framed",
        b"": "truncated",
    }
    for value in poison:
        exchange.send(case.sender, offer, value=value)
    exchange.send(case.sender, offer, ce_type="NoSuchRecord.v1")
    exchange.send(case.sender, offer)
    settle(router, lambda: exchange.inbox(case.recipient) == [offer])
    source = outbox(case.sender.participant)
    aside = [f for f in exchange.found("quarantine") if getattr(f.event, "topic", "") == source]
    events = [f.event for f in aside if isinstance(f.event, MessageQuarantined)]
    assert [(e.partition, e.offset, e.code) for e in events] == [
        (case.partition, n, code) for n, code in enumerate([*poison.values(), "unknown-record"])
    ]
    assert not any(canary in (f.message.value or b"") for f in aside)


def test_a_flood_of_poison_stalls_its_source_and_nobody_else(
    exchange: Exchange, router: Router, case: Case
) -> None:
    task = router.tasks[case.partition]
    offer = offered(case)
    for _ in range(130):
        exchange.send(case.sender, offer, value=b"")
    exchange.send(case.sender, offer)
    source = f"{outbox(case.sender.participant)}/{case.partition}"
    settle(router, lambda: source in task.stalled)
    assert router.report()[1]["partitions"][str(case.partition)]["stalled"] == [source]
    other = Case(exchange.desk("meadow"), case.recipient)
    while other.partition != case.partition:
        other = Case(other.sender, case.recipient)
    exchange.give(other)
    settle(router)
    exchange.send(other.sender, offered(other))
    settle(router, lambda: len(exchange.inbox(case.recipient, ReferralOffered)) == 1)
    exchange.clock.ahead += timedelta(minutes=2)
    settle(router, lambda: offer in exchange.inbox(case.recipient))
    assert task.stalled == []


def test_an_edge_that_could_not_read_leaves_a_pointer_for_the_operator(
    exchange: Exchange, router: Router, case: Case
) -> None:
    report = BadMessageReported(
        event_id=ids.fresh(),
        occurred_at=offered(case).occurred_at,
        programme_from=case.sender.programme,
        programme_to="referral_router",
        partition=0,
        offset=4711,
        code="bad-signature",
    )
    exchange.send(case.sender, report)

    def pointers() -> list[tuple[int, str]]:
        events = [f.event for f in exchange.found("quarantine")]
        found = [e for e in events if isinstance(e, MessageQuarantined)]
        return [(e.offset, e.code) for e in found if e.topic == inbox(case.sender.participant)]

    settle(router, lambda: bool(pointers()))
    assert pointers() == [(4711, "bad-signature")]


def test_a_clock_runs_out_without_any_input_and_once(exchange: Exchange, router: Router, case: Case) -> None:
    exchange.send(case.sender, offered(case, urgency="urgent"))
    settle(router, lambda: len(exchange.inbox(case.recipient)) == 1)
    assert exchange.inbox(case.sender) == []
    exchange.clock.ahead += timedelta(hours=1, minutes=1)
    settle(router, lambda: len(exchange.inbox(case.sender)) == 1)
    (told,) = exchange.inbox(case.sender, ClockElapsed)
    assert (told.clock, told.referral_id) == ("unanswered-urgent", case.referral_id)
    exchange.clock.ahead += timedelta(hours=1)
    settle(router)
    assert len(exchange.inbox(case.sender)) == 1


def test_a_participant_that_comes_while_the_router_runs_is_read_from_its_beginning(
    exchange: Exchange, router: Router
) -> None:
    first = Case(exchange.desk("juniper"), exchange.desk("harbor"))
    exchange.give(first)
    exchange.send(first.sender, offered(first))
    settle(router, lambda: len(exchange.inbox(first.recipient)) == 1)
    assert (
        Partition(outbox(first.sender.participant), first.partition)
        in router.tasks[first.partition].committed
    )
