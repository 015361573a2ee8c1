"""Several offers for one person: all or none go, one acceptance is picked, the others are taken back."""

from dataclasses import replace

import pytest
from edge_kit import OTHER, RECIPIENT, SENDER, Died, Network, offer_of

from participant_edge import choice_rows
from participant_edge.commands import OfferDraft
from participant_edge.edge import CommandReused, Edge, OutcomeUnknown, Refused, UnknownThing
from referral_exchange import events

CANDIDATES = (RECIPIENT, OTHER)


@pytest.fixture
def sender(network: Network) -> Edge:
    return network.edge(SENDER)


@pytest.fixture
def recipients(network: Network) -> tuple[Edge, Edge]:
    return network.edge(RECIPIENT), network.edge(OTHER)


def drafts(sender: Edge, network: Network, key: str = "1", **changes: object) -> list[OfferDraft]:
    """One person's consent for each candidate."""
    first = sender.give_consent(network.consent(recipient=RECIPIENT), f"{key}-{RECIPIENT}")
    second = sender.give_consent(
        replace(network.consent(recipient=OTHER), subject_token=first.subject_token, **changes),  # type: ignore[arg-type]
        f"{key}-{OTHER}",
    )
    return [offer_of(first.consent_id), offer_of(second.consent_id)]


def both_accepted(sender: Edge, recipients: tuple[Edge, Edge], network: Network) -> tuple[str, str]:
    receipts = sender.offer_together(drafts(sender, network), "together")
    network.settle(sender, *recipients)
    for receipt, recipient in zip(receipts, recipients, strict=True):
        recipient.answer(receipt.referral_id, "accepted", "accepted", "answer")
    network.settle(sender, *recipients)
    return receipts[0].referral_id, receipts[1].referral_id


def test_offers_that_belong_together_go_to_each_candidate(
    network: Network, sender: Edge, recipients: tuple[Edge, Edge]
) -> None:
    receipts = sender.offer_together(drafts(sender, network), "together")
    network.settle(sender, *recipients)
    ids = tuple(receipt.referral_id for receipt in receipts)
    assert sender.together(ids[0]) == sender.together(ids[1]) == ids
    for referral_id, recipient in zip(ids, recipients, strict=True):
        assert recipient.referral(referral_id).state == "received"
        assert recipient.together(referral_id) == (referral_id,)
    assert sender.offer_together(drafts(sender, network), "together") == receipts
    assert len([m for m in network.broker.produced if m.headers["ce_type"] == b"ReferralOffered.v1"]) == 2


def test_only_the_senders_memory_tells_that_they_belong_together(network: Network, sender: Edge) -> None:
    first, second = sender.offer_together(drafts(sender, network), "together")
    with sender._means.store.read() as connection:
        memory = choice_rows.memory_of(connection, first.referral_id)
    assert memory is not None
    assert second.referral_id.encode() not in memory
    for message in network.broker.produced:
        other = ({first.referral_id, second.referral_id} - {message.key}).pop().encode()
        assert other not in (message.value or b"") + repr(message.headers).encode()


def test_one_that_may_not_go_keeps_all_of_them_back(network: Network, sender: Edge) -> None:
    good, bad = drafts(sender, network)
    with pytest.raises(Refused, match="unknown-code"):
        sender.offer_together([good, replace(bad, needs=replace(bad.needs, age_band="nobody"))], "together")
    assert network.broker.produced == []
    assert sender.referral(sender.offer(good, "alone").referral_id).state == "requested"


def test_a_ledger_that_falls_silent_keeps_all_of_them_back(network: Network, sender: Edge) -> None:
    asked = drafts(sender, network)
    sealed = 0

    def silent_at_the_second(path: str) -> None:
        nonlocal sealed
        sealed += path == "/v1/seal"
        network.ledger.silent = 9 if sealed == 1 else 0

    network.ledger.answering = silent_at_the_second  # type: ignore[assignment]
    with pytest.raises(OutcomeUnknown):
        sender.offer_together(asked, "together")
    sender.step()
    assert network.broker.produced == []
    network.ledger.answering = lambda path: None
    network.ledger.silent = 0
    assert len(sender.offer_together(asked, "together")) == 2


def test_what_one_answer_lost_is_repeated_and_not_doubled(network: Network, sender: Edge) -> None:
    asked = drafts(sender, network)
    network.broker.losing = 1
    with pytest.raises(OutcomeUnknown):
        sender.offer_together(asked, "together")
    receipts = sender.offer_together(asked, "together")
    produced = {(m.key, m.headers["ce_id"]) for m in network.broker.produced}
    assert produced == {(r.referral_id, r.event_id.encode()) for r in receipts}


def test_a_command_id_stands_for_one_choice(network: Network, sender: Edge) -> None:
    asked = drafts(sender, network)
    sender.offer_together(asked, "together")
    with pytest.raises(CommandReused):
        sender.offer_together(asked[:1], "together")


def test_offers_of_two_people_are_never_one_choice(network: Network, sender: Edge) -> None:
    one = sender.give_consent(network.consent(), "one")
    another = sender.give_consent(network.consent(recipient=OTHER), "another")
    with pytest.raises(Refused, match="not one person's"):
        sender.offer_together([offer_of(one.consent_id), offer_of(another.consent_id)], "together")
    with pytest.raises(Refused, match="each once"):
        sender.offer_together([offer_of(one.consent_id)] * 2, "twice")
    with pytest.raises(Refused, match="each once"):
        sender.offer_together([], "none")
    assert network.broker.produced == []


def test_the_pick_takes_the_others_back_and_withdraws_their_consents(
    network: Network, sender: Edge, recipients: tuple[Edge, Edge]
) -> None:
    picked, other = both_accepted(sender, recipients, network)
    result = sender.pick(picked, "pick")
    assert (result.referral_id, result.cancelled) == (picked, (other,))
    network.settle(sender, *recipients)
    assert sender.referral(picked).state == "accepted"
    assert sender.referral(picked).standing == "live"
    view = recipients[1].referral(other)
    assert (view.state, view.standing) == ("cancelled", "withdrawn")
    consents = network.ledger.consents
    assert consents[sender.referral(other).consent_id].standing == "withdrawn"
    assert consents[sender.referral(picked).consent_id].standing == "live"
    assert sender.pick(picked, "pick") == result
    assert [m.headers["ce_type"] for m in network.broker.produced].count(b"ReferralCancelled.v1") == 1


def test_only_what_was_accepted_is_picked(
    network: Network, sender: Edge, recipients: tuple[Edge, Edge]
) -> None:
    receipts = sender.offer_together(drafts(sender, network), "together")
    network.settle(sender, *recipients)
    for referral_id in (receipts[0].referral_id, "of nobody"):
        with pytest.raises(Refused, match="wrong-state"):
            sender.pick(referral_id, f"pick-{referral_id}")
    with pytest.raises(Refused, match="wrong-state"):
        recipients[0].pick(receipts[0].referral_id, "not the sender")
    assert all(sender.referral(receipt.referral_id).state == "received" for receipt in receipts)
    with pytest.raises(UnknownThing):
        sender.together("of nobody")


def test_of_two_picks_the_second_is_refused(
    network: Network, sender: Edge, recipients: tuple[Edge, Edge]
) -> None:
    picked, other = both_accepted(sender, recipients, network)
    sender.pick(picked, "pick")
    with pytest.raises(Refused, match="wrong-state"):
        sender.pick(other, "another pick")
    with pytest.raises(CommandReused):
        sender.pick(other, "pick")


def test_who_has_not_answered_yet_is_taken_back_too(
    network: Network, sender: Edge, recipients: tuple[Edge, Edge]
) -> None:
    first, second = sender.offer_together(drafts(sender, network), "together")
    network.settle(sender, *recipients)
    recipients[0].answer(first.referral_id, "accepted", "accepted", "answer")
    network.settle(sender, *recipients)
    assert sender.pick(first.referral_id, "pick").cancelled == (second.referral_id,)
    network.settle(sender, *recipients)
    assert recipients[1].referral(second.referral_id).state == "cancelled"
    with pytest.raises(Refused):
        recipients[1].answer(second.referral_id, "accepted", "accepted", "late")


def test_who_declined_needs_not_be_taken_back(
    network: Network, sender: Edge, recipients: tuple[Edge, Edge]
) -> None:
    first, second = sender.offer_together(drafts(sender, network), "together")
    network.settle(sender, *recipients)
    recipients[0].answer(first.referral_id, "accepted", "accepted", "answer")
    recipients[1].answer(second.referral_id, "declined", "no-room", "answer")
    network.settle(sender, *recipients)
    assert sender.pick(first.referral_id, "pick").cancelled == ()


def test_a_pick_that_was_kept_is_carried_out_whoever_dies(
    network: Network, recipients: tuple[Edge, Edge]
) -> None:
    sender = network.edge(SENDER)
    picked, other = both_accepted(sender, recipients, network)
    dying = network.edge(SENDER, dies_at="participant_edge:prepared")
    with pytest.raises(Died):
        dying.pick(picked, "pick")
    again = network.edge(SENDER)
    network.settle(again, *recipients)
    assert recipients[1].referral(other).state == "cancelled"
    assert again.pick(picked, "pick").cancelled == (other,)


def test_a_broker_that_is_away_loses_no_pick(
    network: Network, sender: Edge, recipients: tuple[Edge, Edge]
) -> None:
    picked, other = both_accepted(sender, recipients, network)
    network.broker.failing = 1
    with pytest.raises(OutcomeUnknown, match="is kept"):
        sender.pick(picked, "pick")
    assert sender.pick(picked, "pick").cancelled == (other,)
    network.settle(sender, *recipients)
    assert recipients[1].referral(other).standing == "withdrawn"


def test_a_referral_by_itself_is_picked_and_nothing_else_happens(
    network: Network, sender: Edge, recipients: tuple[Edge, Edge]
) -> None:
    given = sender.give_consent(network.consent(), "c")
    referral_id = sender.offer(offer_of(given.consent_id), "o").referral_id
    network.settle(sender, *recipients)
    recipients[0].answer(referral_id, "accepted", "accepted", "a")
    network.settle(sender, *recipients)
    assert sender.pick(referral_id, "pick").cancelled == ()
    assert sender.together(referral_id) == (referral_id,)


CONTACT = events.SafeContact(may_contact=True, method="text", value="555-0100", voicemail=False)
CLASSES = ("identity", "needs", "safe-contact")


def served(sender: Edge, recipients: tuple[Edge, Edge], network: Network) -> list[str]:
    referrals = []
    for recipient, programme in zip(recipients, CANDIDATES, strict=True):
        form = network.consent(recipient=programme, data_classes=CLASSES)
        given = sender.give_consent(form, f"c-{programme}")
        referrals.append(sender.offer(offer_of(given.consent_id), f"o-{programme}").referral_id)
        network.settle(sender, *recipients)
        recipient.answer(referrals[-1], "accepted", "accepted", "a")
    network.settle(sender, *recipients)
    return referrals


def test_a_change_of_safe_contact_reaches_everyone_who_serves(
    network: Network, sender: Edge, recipients: tuple[Edge, Edge]
) -> None:
    referrals = served(sender, recipients, network)
    receipts = sender.change_safe_contact(referrals, CONTACT, "contact")
    network.settle(sender, *recipients)
    assert [receipt.referral_id for receipt in receipts] == referrals
    for referral_id, recipient in zip(referrals, recipients, strict=True):
        assert recipient.open_parts(referral_id)[-1].record == CONTACT
        assert recipient.referral(referral_id).state == "accepted"
    assert sender.change_safe_contact(referrals, CONTACT, "contact") == receipts


def test_a_change_of_safe_contact_that_one_may_not_have_goes_to_none(
    network: Network, sender: Edge, recipients: tuple[Edge, Edge]
) -> None:
    referrals = served(sender, recipients, network)
    recipients[1].report_status(referrals[1], "completed", None, None, "s")
    network.settle(sender, *recipients)
    before = len(network.broker.produced)
    with pytest.raises(Refused, match="wrong-state"):
        sender.change_safe_contact(referrals, CONTACT, "contact")
    assert len(network.broker.produced) == before
