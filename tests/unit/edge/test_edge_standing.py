"""Who is paused or expelled is shown so, and refused before anything is sealed, asked or sent."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from edge_kit import IDENTITY, OFFICE, RECIPIENT, ROUTER, SENDER, Network, accepted, an_offer, offer_of

from participant_edge.edge import Edge, OutcomeUnknown, Refused
from referral_exchange import ids
from referral_exchange.events import EventRefused, ParticipantListed, ServiceStatusChanged
from referral_exchange.refusals import NOT_TAKING_PART

Act = Callable[[Edge, Edge, Network, str], Any]
BOTH = [SENDER, RECIPIENT]
AWAY = ["paused", "expelled", "unspecified"]


@pytest.fixture
def sender(network: Network) -> Edge:
    return network.edge(SENDER)


@pytest.fixture
def recipient(network: Network) -> Edge:
    return network.edge(RECIPIENT)


def stand(network: Network, programme: str, standing: Any) -> None:
    listed = network.listings.directory.participants
    listed[OFFICE[programme]] = replace(listed[OFFICE[programme]], standing=standing)
    network.listings.version += 1


def refusal(act: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.code


@pytest.mark.parametrize("standing", AWAY)
@pytest.mark.parametrize("who", BOTH)
def test_no_consent_is_given_to_or_by_who_does_not_take_part(
    network: Network, sender: Edge, who: str, standing: str
) -> None:
    stand(network, who, standing)
    assert refusal(lambda: sender.give_consent(network.consent(), "k")) == NOT_TAKING_PART
    assert network.ledger.asked == []


@pytest.mark.parametrize("standing", AWAY)
@pytest.mark.parametrize("who", BOTH)
def test_nothing_is_sealed_for_or_by_who_does_not_take_part(
    network: Network, sender: Edge, recipient: Edge, who: str, standing: str
) -> None:
    referral_id = accepted(sender, recipient, network)
    asked, produced = len(network.ledger.asked), len(network.broker.produced)
    stand(network, who, standing)
    assert refusal(lambda: sender.disclose(referral_id, [IDENTITY], "k")) == NOT_TAKING_PART
    told = refusal(lambda: recipient.report_status(referral_id, "in_progress", None, None, "k"))
    assert told == NOT_TAKING_PART
    assert (len(network.ledger.asked), len(network.broker.produced)) == (asked, produced)


def test_the_same_command_passes_once_the_pause_is_over(network: Network, sender: Edge) -> None:
    given = sender.give_consent(network.consent(), "c")
    stand(network, RECIPIENT, "paused")
    assert refusal(lambda: sender.offer(offer_of(given.consent_id), "k")) == NOT_TAKING_PART
    stand(network, RECIPIENT, "enrolled")
    assert sender.offer(offer_of(given.consent_id), "k").referral_id == given.referral_id


def test_the_directory_is_read_again_before_anyone_is_refused(network: Network, sender: Edge) -> None:
    stand(network, RECIPIENT, "paused")
    before = network.listings.readings
    refusal(lambda: sender.give_consent(network.consent(), "k"))
    assert network.listings.readings == before + 1


def test_who_is_away_is_shown_so(network: Network, sender: Edge) -> None:
    stand(network, RECIPIENT, "paused")
    shown = {each.participant_id: each.standing for each in sender.participants()}
    assert (shown[OFFICE[RECIPIENT]], shown[OFFICE[SENDER]]) == ("paused", "enrolled")
    assert isinstance(sender.participants()[0], ParticipantListed)


@pytest.mark.parametrize("standing", AWAY)
def test_a_cancellation_and_a_withdrawal_ask_no_standing(
    network: Network, sender: Edge, recipient: Edge, standing: str
) -> None:
    referral_id = accepted(sender, recipient, network)
    for who in BOTH:
        stand(network, who, standing)
    sender.cancel(referral_id, "cancelled", "k")
    sender.withdraw(referral_id)
    network.settle(sender, recipient)
    assert recipient.referral(referral_id).state == "cancelled"
    recipient.answer_purge(referral_id, "purged", "p")


def test_a_decline_to_who_is_away_goes_without_its_reason(
    network: Network, sender: Edge, recipient: Edge
) -> None:
    referral_id = an_offer(sender, network)
    network.settle(sender, recipient)
    stand(network, SENDER, "paused")
    recipient.answer(referral_id, "declined", "no-room", "k")
    last = network.codec.decode(network.broker.produced[-1].value, "ReferralAnswered.v1")
    assert (last.answer, last.parts) == ("declined", [])  # type: ignore[union-attr]


def received(network: Network) -> int:
    events = (
        network.codec.decode(m.value, m.headers["ce_type"].decode())
        for m in network.broker.outboxes.get(f"outbox.{OFFICE[RECIPIENT]}", [])
    )
    return sum(isinstance(e, ServiceStatusChanged) and e.state == "received" for e in events)


@pytest.mark.parametrize("who", BOTH)
def test_a_receipt_that_fell_into_a_pause_is_sent_after_it(
    network: Network, sender: Edge, recipient: Edge, who: str
) -> None:
    referral_id = an_offer(sender, network)
    network.route()
    stand(network, who, "paused")
    recipient.step()
    assert received(network) == 0
    stand(network, who, "enrolled")
    network.settle(recipient, sender)
    assert received(network) == 1
    recipient.answer(referral_id, "accepted", "accepted", "a")


def test_a_receipt_for_who_was_expelled_is_given_up(network: Network, sender: Edge, recipient: Edge) -> None:
    an_offer(sender, network)
    network.route()
    stand(network, SENDER, "expelled")
    recipient.step()
    stand(network, SENDER, "enrolled")
    recipient.step()
    assert received(network) == 0


@pytest.mark.parametrize(("code", "times"), [(NOT_TAKING_PART, 2), ("wrong-state", 1)])
def test_a_receipt_that_the_router_met_in_a_pause_is_owed_anew(
    network: Network, sender: Edge, recipient: Edge, code: str, times: int
) -> None:
    referral_id = an_offer(sender, network)
    network.route()
    recipient.step()
    sent = network.broker.outboxes[f"outbox.{OFFICE[RECIPIENT]}"][-1]
    refused = EventRefused(
        event_id=ids.fresh(),
        occurred_at=network.clock.now(),
        programme_from=ROUTER,
        programme_to=RECIPIENT,
        referral_id=referral_id,
        refused_event_id=sent.headers["ce_id"].decode(),
        code=code,
    )
    network.put(RECIPIENT, network.message(refused, ROUTER))
    recipient.step()
    recipient.step()
    assert received(network) == times


def test_what_was_prepared_waits_for_the_end_of_a_pause(network: Network, sender: Edge) -> None:
    given = sender.give_consent(network.consent(), "c")
    network.broker.failing = 1
    with pytest.raises(OutcomeUnknown):
        sender.offer(offer_of(given.consent_id), "k")
    stand(network, RECIPIENT, "paused")
    with pytest.raises(OutcomeUnknown):
        sender.offer(offer_of(given.consent_id), "k")
    sender.step()
    assert network.broker.produced == []
    stand(network, RECIPIENT, "enrolled")
    sender.step()
    assert len(network.broker.produced) == 1


def test_what_was_prepared_for_who_was_expelled_never_leaves(network: Network, sender: Edge) -> None:
    given = sender.give_consent(network.consent(), "c")
    network.broker.failing = 1
    with pytest.raises(OutcomeUnknown):
        sender.offer(offer_of(given.consent_id), "k")
    stand(network, RECIPIENT, "expelled")
    sender.step()
    assert refusal(lambda: sender.offer(offer_of(given.consent_id), "k")) == NOT_TAKING_PART
    assert network.broker.produced == []


def test_reports_wait_but_what_was_lost_may_be_asked_for(network: Network, sender: Edge) -> None:
    stand(network, SENDER, "paused")
    fields = {
        "capacity": "capacity",
        "room": 1,
        "household_size": 1,
        "accessible": True,
        "languages": ["en"],
        "as_of": network.clock.now(),
        "valid_until": network.clock.now(),
        "programme_id": SENDER,
    }
    assert refusal(lambda: sender.report("CapacityReported", SENDER, fields, "k")) == NOT_TAKING_PART
    sender.ask_resync()
    assert len(network.broker.produced) == 1
