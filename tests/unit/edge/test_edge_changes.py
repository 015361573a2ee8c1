"""What the edge learnt and said, numbered: every step, refusal and clock, once, and waiting for the next."""

import threading

import pytest
from edge_kit import RECIPIENT, ROUTER, SENDER, Network, accepted, an_offer

from participant_edge import change_rows, repeats
from participant_edge.edge import Edge, OutcomeUnknown
from referral_exchange import events, ids


@pytest.fixture
def sender(network: Network) -> Edge:
    return network.edge(SENDER)


@pytest.fixture
def recipient(network: Network) -> Edge:
    return network.edge(RECIPIENT)


def told(edge: Edge, after: int = 0) -> list[tuple[str, str, str]]:
    return [(change.kind, change.what, change.direction) for change in edge.changes(after)]


def test_both_sides_learn_each_step_once_and_in_order(
    network: Network, sender: Edge, recipient: Edge
) -> None:
    referral_id = accepted(sender, recipient, network)
    network.settle(sender, recipient)
    steps = [
        ("ReferralOffered", ""),
        ("ServiceStatusChanged", "received"),
        ("ReferralAnswered", "accepted"),
    ]
    assert told(sender) == [(*steps[0], "sent"), (*steps[1], "received"), (*steps[2], "received")]
    assert told(recipient) == [(*steps[0], "received"), (*steps[1], "sent"), (*steps[2], "sent")]
    assert {change.referral_id for change in sender.changes(0)} == {referral_id}
    assert [change.number for change in sender.changes(0)] == [1, 2, 3]
    assert told(sender, after=2) == [("ReferralAnswered", "accepted", "received")]
    assert [change.number for change in sender.changes(0, limit=2)] == [1, 2]


def test_what_the_broker_is_not_known_to_have_is_no_change(network: Network, sender: Edge) -> None:
    network.broker.losing = 1
    with pytest.raises(OutcomeUnknown):
        an_offer(sender, network)
    assert told(sender) == []
    repeats.turn(sender._means, all_now=True)
    assert told(sender) == [("ReferralOffered", "", "sent")]


def test_refusals_and_clocks_are_changes(network: Network, sender: Edge, recipient: Edge) -> None:
    referral_id = an_offer(sender, network)
    offered = sender.changes(0)[-1].event_id
    common = {
        "occurred_at": network.clock.now(),
        "programme_from": ROUTER,
        "programme_to": SENDER,
        "referral_id": referral_id,
    }
    clock = events.ClockElapsed(
        event_id=ids.fresh(), **common, clock="unanswered", due_at=network.clock.now()
    )
    refused = events.EventRefused(
        event_id=ids.fresh(), **common, refused_event_id=offered, code="wrong-state"
    )
    for event in (clock, refused, clock):
        network.put(SENDER, network.message(event, ROUTER))
    sender.step()
    assert told(sender, after=1) == [
        ("ClockElapsed", "unanswered", "received"),
        ("EventRefused", "wrong-state", "received"),
    ]
    assert sender.changes(0)[-1].event_id == offered


def test_waiting_ends_with_the_change_and_not_before(network: Network, sender: Edge) -> None:
    assert not sender.wait_for_changes(0, 0.05)
    done: list[bool] = []
    waiting = threading.Thread(target=lambda: done.append(sender.wait_for_changes(0, 600)), daemon=True)
    waiting.start()
    an_offer(sender, network)
    waiting.join(30)
    assert done == [True], "long before the time that it was given"
    assert sender.wait_for_changes(0, 0)
    assert not sender.wait_for_changes(1, 0)


def test_nobody_waits_for_an_edge_that_stopped(network: Network, sender: Edge) -> None:
    answers: list[bool] = []
    waiting = threading.Thread(target=lambda: answers.append(sender.wait_for_changes(0, 600)))
    waiting.start()
    sender.stop()
    waiting.join(30)
    assert answers == [False]


def test_changes_are_kept_for_90_days_and_their_numbers_never_come_again(
    network: Network, sender: Edge
) -> None:
    an_offer(sender, network, "1")
    network.clock.turn(days=91)
    with sender._means.store.write() as connection:
        change_rows.forget(connection, network.clock.now())
    assert told(sender) == []
    an_offer(sender, network, "2")
    assert [change.number for change in sender.changes(0)] == [2]
