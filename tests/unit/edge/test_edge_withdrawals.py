"""A withdrawal is kept from the first word and repeated until the ledger confirms it."""

import httpx
import pytest
from edge_kit import RECIPIENT, ROUTER, SENDER, Network, an_offer

from participant_edge.edge import Edge, OutcomeUnknown, UnknownThing
from referral_exchange import events, ids


@pytest.fixture
def sender(network: Network) -> Edge:
    return network.edge(SENDER)


def test_it_says_not_yet_in_force_until_the_ledger_answers(network: Network, sender: Edge) -> None:
    referral_id = an_offer(sender, network)
    network.ledger.silent = 10_000
    asked = sender.withdraw(referral_id)
    assert (asked.state, asked.in_force_at) == ("not-yet-in-force", None)
    assert sender.referral(referral_id).standing == "withdrawing"
    network.ledger.silent = 0
    sender.step()
    assert sender.withdrawal(asked.consent_id).state == "in-force"
    assert sender.referral(referral_id).standing == "withdrawn"


def test_it_outlives_the_process(network: Network, sender: Edge) -> None:
    referral_id = an_offer(sender, network)
    network.ledger.silent = 10_000
    asked = sender.withdraw(referral_id)
    network.ledger.silent = 0
    again = network.edge(SENDER)
    again.step()
    assert again.withdrawal(asked.consent_id).state == "in-force"


@pytest.mark.parametrize("lost", [1, 3, 4, 9])
def test_a_lost_answer_is_asked_for_again(network: Network, sender: Edge, lost: int) -> None:
    referral_id = an_offer(sender, network)
    network.ledger.losing = lost
    asked = sender.withdraw(referral_id)
    for _ in range(5):
        sender.step()
    assert sender.withdrawal(asked.consent_id).state == "in-force"
    assert network.ledger.ended == [asked.consent_id]


@pytest.mark.parametrize("status", [400, 403, 404, 409, 500, 503])
def test_whatever_the_ledger_says_it_is_repeated(network: Network, sender: Edge, status: int) -> None:
    referral_id = an_offer(sender, network)
    problem = {"type": "https://x/problems/some-code", "title": "t", "status": status}
    network.ledger.answering = lambda path: httpx.Response(status, json=problem)
    asked = sender.withdraw(referral_id)
    sender.step()
    assert sender.withdrawal(asked.consent_id).state == "not-yet-in-force"
    network.ledger.answering = lambda path: None
    sender.step()
    assert sender.withdrawal(asked.consent_id).state == "in-force"


@pytest.mark.parametrize(
    "garbage", [b"", b"[]", b"{}", b'{"in_force_at": "soon", "opened_before": []}', b"\xff"]
)
def test_an_answer_that_is_none_counts_as_none(network: Network, sender: Edge, garbage: bytes) -> None:
    referral_id = an_offer(sender, network)
    network.ledger.answering = lambda path: httpx.Response(200, content=garbage)
    assert sender.withdraw(referral_id).state == "not-yet-in-force"


def test_the_repeats_slow_down_and_never_stop(network: Network, sender: Edge) -> None:
    from participant_edge import withdrawals

    an_offer_id = an_offer(sender, network)
    network.ledger.silent = 10_000
    sender.withdraw(an_offer_id)
    tries = []
    for _ in range(1200):
        before = network.ledger.silent
        withdrawals.turn(sender._means)
        tries.append(network.ledger.silent < before)
        network.clock.turn(seconds=1)
    assert tries[:60].count(True) >= 4
    assert tries[600:].count(True) >= 2, "at least every five minutes"
    assert tries[600:].count(True) <= 4


def test_withdrawing_twice_is_withdrawing_once(network: Network, sender: Edge) -> None:
    referral_id = an_offer(sender, network)
    first = sender.withdraw(referral_id)
    assert sender.withdraw(first.consent_id) == first
    assert network.ledger.ended == [first.consent_id]


def test_a_consent_of_unknown_outcome_is_settled_and_then_withdrawn(network: Network, sender: Edge) -> None:
    network.ledger.losing = 4
    with pytest.raises(OutcomeUnknown):
        sender.give_consent(network.consent(), "c")
    consent_id = next(iter(network.ledger.consents))
    assert sender.withdraw(consent_id).state == "in-force"
    assert network.ledger.consents[consent_id].standing == "withdrawn"


def test_a_consent_that_never_stood_is_withdrawn_at_once(network: Network, sender: Edge) -> None:
    network.ledger.silent = 4
    with pytest.raises(OutcomeUnknown):
        sender.give_consent(network.consent(), "c")
    with sender._means.store.read() as connection:
        from participant_edge.tables import consents

        consent_id = connection.execute(consents.select()).one().consent_id
    body = {"type": "https://x/problems/denied", "title": "t", "status": 403}
    network.ledger.answering = lambda path: httpx.Response(403, json=body)
    assert sender.withdraw(consent_id).state == "in-force"
    assert network.ledger.consents == {}


def test_only_what_was_given_here_is_withdrawn_here(network: Network, sender: Edge) -> None:
    recipient = network.edge(RECIPIENT)
    referral_id = an_offer(sender, network)
    network.settle(sender, recipient)
    with pytest.raises(UnknownThing):
        recipient.withdraw(referral_id)
    with pytest.raises(UnknownThing):
        sender.withdrawal(referral_id)


def test_what_was_remembered_of_the_person_goes_with_the_consent(network: Network, sender: Edge) -> None:
    from participant_edge.tables import commands, consents

    referral_id = an_offer(sender, network)
    sender.withdraw(referral_id)
    with sender._means.store.read() as connection:
        assert connection.execute(consents.select()).one().memory is None
        assert {row.prepared for row in connection.execute(commands.select())} == {None}


def test_a_purge_that_is_overdue_is_shown_until_it_is_answered(network: Network, sender: Edge) -> None:
    recipient = network.edge(RECIPIENT)
    referral_id = offered_and_taken_back(network, sender, recipient)
    assert sender.referral(referral_id).purge == "asked"
    clock = events.ClockElapsed(
        event_id=ids.fresh(),
        occurred_at=network.clock.now(),
        programme_from=ROUTER,
        programme_to=SENDER,
        referral_id=referral_id,
        clock="purge-overdue",
        due_at=network.clock.now(),
    )
    network.put(SENDER, network.message(clock, ROUTER))
    network.settle(sender, recipient)
    assert sender.referral(referral_id).late == ("purge-overdue",)
    recipient.answer_purge(referral_id, "legal_hold", ids.fresh())
    network.settle(sender, recipient)
    view = sender.referral(referral_id)
    assert (view.purge, view.late, view.overdue) == ("legal_hold", (), ("purge-overdue",))
    assert [a.purge for a in sender.withdrawal(view.consent_id).purge_answers] == ["legal_hold"]


def offered_and_taken_back(network: Network, sender: Edge, recipient: Edge) -> str:
    referral_id = an_offer(sender, network)
    network.settle(sender, recipient)
    sender.withdraw(referral_id)
    network.settle(sender, recipient)
    return referral_id
