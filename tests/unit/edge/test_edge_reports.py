"""What an edge says that concerns no person: to whom it may go, and that it arrives once."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from edge_kit import OFFICE, OTHER, RECIPIENT, SENDER, Network

from participant_edge.commands import CapacityDraft
from participant_edge.edge import CommandReused, Edge, OutcomeUnknown, Refused
from referral_exchange import events, ids
from referral_exchange.events.reports import CountCell
from referral_exchange.topics import outbox


@pytest.fixture
def sender(network: Network) -> Edge:
    return network.edge(SENDER)


def room(network: Network, **changes: Any) -> CapacityDraft:
    now = network.clock.now()
    draft = CapacityDraft(
        capacity="capacity",
        room=3,
        accessible=True,
        languages=("en", "es"),
        as_of=now,
        valid_until=now + timedelta(hours=12),
    )
    return replace(draft, **changes)


def said(network: Network) -> list[Any]:
    messages = network.broker.outboxes.get(outbox(OFFICE[SENDER]), [])
    return [network.codec.decode(message.value, message.headers["ce_type"].decode()) for message in messages]


def counts(network: Network, *numbers: int | None) -> dict[str, Any]:
    now = network.clock.now()
    return {
        "measure": "clients",
        "period_from": now - timedelta(days=180),
        "period_to": now,
        "cells": [CountCell(code=f"c{n}", count=number) for n, number in enumerate(numbers)],
    }


def test_room_goes_to_the_directory_under_its_own_id(network: Network, sender: Edge) -> None:
    receipt = sender.report_capacity(SENDER, room(network), "room")
    (event,) = said(network)
    assert (event.programme_id, event.programme_from, event.programme_to) == (
        SENDER,
        SENDER,
        "service_directory",
    )
    (message,) = network.broker.outboxes[outbox(OFFICE[SENDER])]
    assert message.key == event.event_id == receipt.event_id
    assert receipt.referral_id == ""
    assert [(c.kind, c.referral_id, c.direction) for c in sender.changes(0)] == [
        ("CapacityReported", None, "sent")
    ]


def test_no_ledger_is_asked_about_what_concerns_nobody(network: Network, sender: Edge) -> None:
    sender.report_capacity(SENDER, room(network), "room")
    assert network.ledger.asked == []


def test_the_same_command_is_the_same_report(network: Network, sender: Edge) -> None:
    network.broker.losing = 1
    with pytest.raises(OutcomeUnknown):
        sender.report_capacity(SENDER, room(network), "room")
    again = sender.report_capacity(SENDER, room(network), "room")
    assert {event.event_id for event in said(network)} == {again.event_id}
    with pytest.raises(CommandReused):
        sender.report_capacity(SENDER, room(network, room=4), "room")


def test_a_report_that_has_no_answer_is_repeated_by_itself(network: Network, sender: Edge) -> None:
    network.broker.failing = 1
    with pytest.raises(OutcomeUnknown):
        sender.report("CountsReported", SENDER, counts(network, 11, None, None), "counts")
    sender.step()
    assert [type(event).__name__ for event in said(network)] == ["CountsReported"]


@pytest.mark.parametrize(
    ("kind", "changes", "code"),
    [
        ("CountsReported", {"programme_to": RECIPIENT}, "event-not-allowed"),
        ("CountsReported", {"measure": "unspecified"}, "unknown-code"),
        ("CountsReported", {"extra": 1}, "invalid"),
        ("CountsReported", {"cells": "none"}, "invalid"),
        ("CountsReported", {"cells": [CountCell(code="few", count=10)]}, "small-count"),
    ],
)
def test_what_may_not_be_reported_leaves_nothing(
    network: Network, sender: Edge, kind: Any, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        sender.report(kind, SENDER, counts(network, 12) | changes, "bad")
    assert refused.value.code == code
    assert said(network) == []


def test_nobody_reports_another_programmes_room(network: Network, sender: Edge) -> None:
    with pytest.raises(Refused, match="not-your-programme"):
        sender.report_capacity(RECIPIENT, room(network), "room")
    with pytest.raises(Refused, match="invalid"):
        sender.report_capacity(SENDER, room(network, valid_until=network.clock.now()), "stale")
    assert said(network) == []


def capacity_of(network: Network, about: str) -> events.CapacityReported:
    now = network.clock.now()
    return events.CapacityReported(
        event_id=ids.fresh(),
        occurred_at=now,
        programme_from=SENDER,
        programme_to=OTHER,
        programme_id=about,
        capacity="capacity",
        accessible=True,
        languages=["en"],
        as_of=now,
        valid_until=now + timedelta(hours=1),
    )


def test_a_report_comes_in_once_and_is_no_referral(network: Network) -> None:
    office = network.edge(OTHER)
    report = capacity_of(network, SENDER)
    for _ in range(2):
        network.put(OTHER, network.message(report, SENDER))
    office.step()
    (entry,) = office.inbox().items
    assert (entry.kind, entry.referral_id, entry.state) == ("CapacityReported", None, "delivered")
    assert [(c.kind, c.referral_id, c.direction) for c in office.changes(0)] == [
        ("CapacityReported", None, "received")
    ]
    assert office.referrals().items == ()


def test_a_report_about_another_programme_is_not_believed(network: Network) -> None:
    office = network.edge(OTHER)
    network.put(OTHER, network.message(capacity_of(network, RECIPIENT), SENDER))
    office.step()
    assert office.inbox().items == ()
    (report,) = network.broker.outboxes[outbox(OFFICE[OTHER])]
    assert report.headers["ce_type"] == b"BadMessageReported.v1"
