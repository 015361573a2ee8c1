"""A question from the survivor's page: from nobody else, and to nobody but the referral's sender."""

from dataclasses import replace

import pytest
from edge_kit import CODEC, OTHER, RECIPIENT, SENDER, SURVIVORS, Network, an_offer

from participant_edge.commands import ReportKind
from participant_edge.edge import Edge, Refused
from participant_edge.notices import rules
from referral_exchange import events, ids

QUESTION: ReportKind = "QuestionAsked"


@pytest.fixture
def sender(network: Network) -> Edge:
    return network.edge(SENDER)


@pytest.fixture
def recipient(network: Network) -> Edge:
    return network.edge(RECIPIENT)


def question(network: Network, referral_id: str, **changes: str) -> events.QuestionAsked:
    event = events.QuestionAsked(
        event_id=ids.fresh(),
        occurred_at=network.clock.now(),
        programme_from=SURVIVORS,
        programme_to=SENDER,
        about_referral=referral_id,
        question="check_on_me",
    )
    return replace(event, **changes)  # type: ignore[arg-type]


def reported(network: Network) -> list[str]:
    found = [CODEC.decode(m.value, m.headers["ce_type"].decode()) for m in network.broker.produced]
    return [event.code for event in found if isinstance(event, events.BadMessageReported)]


def test_it_stands_in_the_referrals_history_moves_nothing_and_waits_for_somebody(
    network: Network, sender: Edge
) -> None:
    referral_id = an_offer(sender, network)
    before = sender.referral(referral_id)
    event = question(network, referral_id)
    for _ in range(2):
        network.put(SENDER, network.message(event, SURVIVORS))
        network.settle(sender)
    view = sender.referral(referral_id)
    assert [(s.kind, s.what, s.programme) for s in view.steps][-1] == (QUESTION, "check_on_me", SURVIVORS)
    assert len(view.steps) == len(before.steps) + 1
    assert (view.state, view.standing) == (before.state, before.standing)
    assert [(c.kind, c.referral_id, c.direction) for c in sender.changes(0)][-1] == (
        QUESTION,
        referral_id,
        "received",
    )
    assert rules.opens(QUESTION, view) == {"asked"}


def test_it_is_heard_after_the_yes_was_taken_back(network: Network, sender: Edge) -> None:
    referral_id = an_offer(sender, network)
    sender.withdraw(referral_id)
    network.settle(sender)
    network.put(SENDER, network.message(question(network, referral_id), SURVIVORS))
    network.settle(sender)
    assert "asked" in rules.kinds_waiting(sender.referral(referral_id))


def test_one_about_a_referral_that_came_in_or_of_nobody_is_reported(
    network: Network, sender: Edge, recipient: Edge
) -> None:
    referral_id = an_offer(sender, network)
    network.settle(sender, recipient)
    for about in (referral_id, ids.fresh()):
        event = question(network, about, programme_to=RECIPIENT)
        network.put(RECIPIENT, network.message(event, SURVIVORS))
        recipient.step()
    assert reported(network) == ["unknown", "unknown"]
    assert QUESTION not in [step.kind for step in recipient.referral(referral_id).steps]


def test_nobody_else_asks(network: Network, sender: Edge) -> None:
    referral_id = an_offer(sender, network)
    network.put(SENDER, network.message(question(network, referral_id, programme_from=OTHER), OTHER))
    sender.step()
    assert reported(network) == ["unknown"]
    fields = {"programme_to": RECIPIENT, "about_referral": referral_id, "question": "check_on_me"}
    with pytest.raises(Refused, match="event-not-allowed"):
        sender.report(QUESTION, SENDER, fields, "question")
