"""Requests, tips, documents, grounds and events about nobody, on the real broker."""

from collections.abc import Iterator
from typing import Any

import pytest
from cases import (
    OPENER_KINDS,
    Case,
    answered,
    disclosed,
    document_answered,
    grounds,
    offered,
    opening,
    part,
    received,
    reported,
    resync,
)
from confluent_kafka import TopicPartition
from router_kit import Exchange, settle, stepping

from exchange_command.platform import Platform
from referral_exchange import refusals
from referral_exchange.event_kinds import ONLY_ON_GROUNDS
from referral_exchange.events import EventRefused, MessageQuarantined, QuarantineClosed
from referral_exchange.runtime.tail import Partition
from referral_exchange.topics import inbox, outbox
from referral_router.router import Router


@pytest.fixture(scope="module")
def exchange(platform: Platform) -> Exchange:
    return Exchange(platform)


@pytest.fixture(scope="module")
def router(exchange: Exchange) -> Iterator[Router]:
    with stepping(exchange) as one:
        yield one


def new_case(exchange: Exchange, router: Router, *, ground: bool) -> Case:
    """Two new desks, and what a referral between them stands on."""
    made = Case(exchange.desk("lantern"), exchange.desk("harbor"))
    if ground:
        for fact in grounds(made):
            exchange.tell(fact)
    else:
        exchange.give(made)
    settle(router)
    return made


def state(router: Router, case: Case) -> str:
    record = router.tasks[case.partition].records.get(case.referral_id)
    assert record is not None
    return record.state


@pytest.mark.parametrize("kind", sorted(OPENER_KINDS.keys() - {"ReferralOffered"}))
def test_each_opener_arrives_and_is_received(exchange: Exchange, router: Router, kind: str) -> None:
    case = new_case(exchange, router, ground=kind in ONLY_ON_GROUNDS)
    opener = opening(case, kind)
    exchange.send(case.sender, opener)
    settle(router, lambda: exchange.inbox(case.recipient) == [opener])
    exchange.send(case.recipient, received(case))
    settle(router, lambda: len(exchange.inbox(case.sender)) == 1)
    assert state(router, case) == "received"


def test_a_document_goes_there_and_its_answer_comes_back(exchange: Exchange, router: Router) -> None:
    case = new_case(exchange, router, ground=False)
    steps: list[tuple[Any, Any, Any]] = [
        (case.sender, case.recipient, opening(case, "DocumentSent", parts=[part(), part()])),
        (case.recipient, case.sender, received(case)),
        (case.recipient, case.sender, document_answered(case)),
        (case.sender, case.recipient, opening(case, "DocumentSent")),
        (case.recipient, case.sender, document_answered(case)),
    ]
    for who, other, event in steps:
        exchange.send(who, event)
        settle(router, lambda other=other, event=event: event in exchange.inbox(other))
    assert state(router, case) == "accepted"


def test_a_disclosure_under_a_ground_opens_and_under_a_consent_does_not(
    exchange: Exchange, router: Router
) -> None:
    report, other = new_case(exchange, router, ground=True), new_case(exchange, router, ground=False)
    first, second = disclosed(report), disclosed(other)
    exchange.send(report.sender, first)
    exchange.send(other.sender, second)
    settle(router, lambda: exchange.inbox(report.recipient) == [first])
    assert state(router, report) == "requested"
    settle(router, lambda: bool(exchange.inbox(other.sender)))
    assert [e.code for e in exchange.inbox(other.sender, EventRefused)] == [refusals.WRONG_STATE]
    assert exchange.inbox(other.recipient) == []


def test_an_event_about_nobody_goes_byte_for_byte_to_the_service_and_to_nobody_else(
    exchange: Exchange, router: Router
) -> None:
    service, sender = exchange.service("survivor_page"), exchange.desk("lantern")
    settle(router)
    event = reported(sender, "FeedbackGiven", service.programme)
    astray = reported(sender, "FeedbackGiven", exchange.desk("harbor").programme)
    before = len(exchange.read("referral-records"))
    exchange.send(sender, event)
    exchange.send(sender, astray)
    settle(router, lambda: event in exchange.inbox(service))
    (there,) = [f.message for f in exchange.found(inbox(service.participant)) if f.event == event]
    (sent,) = [f.message for f in exchange.found(outbox(sender.participant)) if f.event == event]
    assert (there.key, there.value, list(there.headers)) == (sent.key, sent.value, list(sent.headers))
    settle(router, lambda: bool(exchange.inbox(sender)))
    assert [e.code for e in exchange.inbox(sender, EventRefused)] == [refusals.EVENT_NOT_ALLOWED]
    assert len(exchange.read("referral-records")) == before


def pointers(exchange: Exchange, topic: str) -> list[Any]:
    """What `quarantine` says of messages of `topic`."""
    kinds = MessageQuarantined | QuarantineClosed
    events = [f.event for f in exchange.found("quarantine")]
    return [e for e in events if isinstance(e, kinds) and e.topic == topic]


def test_an_operator_has_a_message_read_again_and_its_pointer_closes(
    exchange: Exchange, router: Router, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A schema that the router did not know when the message came, and knows by now."""
    case = new_case(exchange, router, ground=False)
    source = Partition(outbox(case.sender.participant), case.partition)
    offer = offered(case)
    wire = exchange.tools.wire
    encoded = exchange.codec.encode(offer)
    with monkeypatch.context() as unknowing:
        unknowing.setattr(wire, "_fast", {})
        unknowing.setattr(wire.codec, "_keys", {})
        exchange.send(case.sender, offer, value=encoded)
        settle(router)
    settle(router, lambda: len(pointers(exchange, source.topic)) == 1)
    (aside,) = pointers(exchange, source.topic)
    assert (aside.offset, aside.code) == (0, "unknown-schema-id")
    assert exchange.inbox(case.recipient) == []
    exchange.ask_for_replay(source, 0)
    settle(router, lambda: exchange.inbox(case.recipient) == [offer])
    settle(router, lambda: len(pointers(exchange, source.topic)) == 2)
    assert [getattr(e, "how", "") for e in pointers(exchange, source.topic)] == ["", "replayed"]
    assert state(router, case) == "requested"


def test_a_message_that_was_deleted_is_told_to_be_gone(exchange: Exchange, router: Router) -> None:
    case = new_case(exchange, router, ground=False)
    source = Partition(outbox(case.sender.participant), case.partition)
    exchange.send(case.sender, offered(case), value=b"")
    exchange.send(case.sender, offered(case))
    settle(router, lambda: len(exchange.inbox(case.recipient)) == 1)
    delete(exchange, source, 1)
    exchange.ask_for_replay(source, 0)
    settle(router, lambda: len(pointers(exchange, source.topic)) == 2)
    assert [getattr(e, "how", "") for e in pointers(exchange, source.topic)] == ["", "gone"]


def test_an_edge_that_lost_its_disk_gets_its_open_referrals_again_and_its_senders_the_rest(
    exchange: Exchange, router: Router
) -> None:
    """Three referrals of one recipient, in whichever partitions they fall; one sender's outbox was swept."""
    recipient, senders = exchange.desk("harbor"), [exchange.desk("lantern") for _ in range(3)]
    cases = [Case(sender, recipient) for sender in senders]
    for case in cases:
        exchange.give(case)
    settle(router)
    sent = [offered(case) for case in cases]
    for case, offer in zip(cases, sent, strict=True):
        exchange.send(case.sender, offer)
        settle(router, lambda offer=offer: offer in exchange.inbox(recipient))
        exchange.send(recipient, received(case))
        exchange.send(recipient, answered(case))
    settle(router, lambda: all(len(exchange.inbox(sender)) == 2 for sender in senders))
    delete(exchange, Partition(outbox(senders[2].participant), cases[2].partition), 1)
    exchange.send(recipient, resync(recipient))
    # Three offers, and again: two of them, and what the recipient itself had said of all three.
    settle(router, lambda: len(exchange.inbox(recipient)) == 3 + 2 + 6)
    stands = [f.message for f in exchange.found(inbox(recipient.participant))]
    offers, again = ([(m.key, m.value) for m in some] for some in (stands[:3], stands[3:]))
    assert {each for each in again if each in offers} == set(offers[:2])
    settle(router, lambda: bool(exchange.inbox(senders[2], EventRefused)))
    (asked,) = exchange.inbox(senders[2], EventRefused)
    assert (asked.code, asked.refused_event_id) == (refusals.SEAL_AGAIN, sent[2].event_id)
    assert exchange.inbox(senders[0], EventRefused) == []


def delete(exchange: Exchange, where: Partition, below: int) -> None:
    """As the janitor does."""
    (done,) = exchange.tools.admin.delete_records([TopicPartition(*where, below)]).values()
    assert done.result().low_watermark == below
