"""A command is stored before anything leaves: a repeat is the same event, a crash loses and doubles none."""

import pytest
from edge_kit import CODEC, RECIPIENT, SENDER, Died, Network, accepted, an_offer, offer_of

from participant_edge.databases import StoreUnusable
from participant_edge.edge import CommandReused, Edge, OutcomeUnknown, Refused
from participant_edge.store import Store
from referral_exchange import events, ids
from referral_exchange.events import Identity


@pytest.fixture
def sender(network: Network) -> Edge:
    return network.edge(SENDER)


def event_ids(network: Network, kind: str = "ReferralOffered") -> list[str]:
    return [
        m.headers["ce_id"].decode()
        for m in network.broker.produced
        if m.headers["ce_type"].decode().startswith(kind)
    ]


def test_the_same_command_is_the_same_event(network: Network, sender: Edge) -> None:
    given = sender.give_consent(network.consent(), "c")
    assert sender.give_consent(network.consent(), "c") == given
    assert network.ledger.count("/v1/consents") == 1
    first = sender.offer(offer_of(given.consent_id), "o")
    assert sender.offer(offer_of(given.consent_id), "o") == first
    assert event_ids(network) == [first.event_id]


def test_a_command_id_stands_for_one_thing_only(network: Network, sender: Edge) -> None:
    given = sender.give_consent(network.consent(), "c")
    sender.offer(offer_of(given.consent_id), "o")
    with pytest.raises(CommandReused):
        sender.give_consent(network.consent(language="en"), "c")
    with pytest.raises(CommandReused):
        sender.offer(offer_of(given.consent_id, urgency="routine"), "o")
    with pytest.raises(CommandReused):
        sender.cancel(given.referral_id, "cancelled", "o")


@pytest.mark.parametrize("fault", ["failing", "losing"])
def test_an_unknown_outcome_is_repeated_as_the_same_event(network: Network, sender: Edge, fault: str) -> None:
    given = sender.give_consent(network.consent(), "c")
    setattr(network.broker, fault, 1)
    with pytest.raises(OutcomeUnknown):
        sender.offer(offer_of(given.consent_id), "o")
    assert sender.referral(given.referral_id).state == "consented"
    receipt = sender.offer(offer_of(given.consent_id), "o")
    assert set(event_ids(network)) == {receipt.event_id}
    assert sender.referral(given.referral_id).state == "requested"
    assert network.ledger.count("/v1/seal") == 1, "what was sealed once is not sealed again"


def test_the_edge_repeats_by_itself_what_its_caller_gave_up(network: Network, sender: Edge) -> None:
    given = sender.give_consent(network.consent(), "c")
    network.broker.failing = 1
    with pytest.raises(OutcomeUnknown):
        sender.offer(offer_of(given.consent_id), "o")
    sender.step()
    assert sender.referral(given.referral_id).state == "requested"
    assert len(event_ids(network)) == 1


@pytest.mark.parametrize(
    ("point", "produced"), [("participant_edge:prepared", 1), ("participant_edge:acknowledged", 2)]
)
def test_a_crash_around_the_broker_ends_in_the_same_event(
    network: Network, point: str, produced: int
) -> None:
    sender = network.edge(SENDER, dies_at=point)
    given = sender.give_consent(network.consent(), "c")
    with pytest.raises(Died):
        sender.offer(offer_of(given.consent_id), "o")
    again = network.edge(SENDER)
    again.step()
    assert again.referral(given.referral_id).state == "requested"
    assert len(event_ids(network)) == produced
    assert len(set(event_ids(network))) == 1
    assert again.offer(offer_of(given.consent_id), "o").event_id == event_ids(network)[0]


def test_a_repeat_asks_first_whether_the_consent_still_stands(network: Network, sender: Edge) -> None:
    given = sender.give_consent(network.consent(), "c")
    network.broker.failing = 1
    with pytest.raises(OutcomeUnknown):
        sender.offer(offer_of(given.consent_id), "o")
    sender.withdraw(given.consent_id)
    sender.step()
    assert event_ids(network) == []
    with pytest.raises(Refused):
        sender.offer(offer_of(given.consent_id), "o")
    assert event_ids(network) == []


def test_a_consent_whose_answer_was_lost_is_the_same_consent(network: Network, sender: Edge) -> None:
    network.ledger.losing = 4
    with pytest.raises(OutcomeUnknown):
        sender.give_consent(network.consent(), "c")
    assert len(network.ledger.consents) == 2
    given = sender.give_consent(network.consent(), "c")
    assert given.consent_id in network.ledger.consents
    assert len(network.ledger.consents) == 2


def test_the_edge_settles_by_itself_a_consent_whose_answer_was_lost(network: Network, sender: Edge) -> None:
    network.ledger.silent = 4
    with pytest.raises(OutcomeUnknown):
        sender.give_consent(network.consent(), "c")
    network.edge(SENDER).step()
    assert len(network.ledger.consents) == 2


def test_a_consent_names_a_person_by_a_random_token_only(network: Network, sender: Edge) -> None:
    first = sender.give_consent(network.consent(), "c1")
    other = sender.give_consent(network.consent(), "c2")
    same = sender.give_consent(network.consent(subject_token=first.subject_token), "c3")
    assert first.subject_token != other.subject_token
    assert same.subject_token == first.subject_token
    assert len({first.referral_id, other.referral_id, same.referral_id}) == 3
    assert first.subject_token not in repr(first)


def test_a_refusal_of_the_router_takes_the_step_back(network: Network, sender: Edge) -> None:
    referral_id = an_offer(sender, network)
    (event_id,) = event_ids(network)
    refusal = events.EventRefused(
        event_id=ids.fresh(),
        occurred_at=network.clock.now(),
        programme_from="referral_router",
        programme_to=SENDER,
        referral_id=referral_id,
        refused_event_id=event_id,
        code="unknown-programme",
    )
    network.put(SENDER, network.message(refusal, "referral_router"))
    sender.step()
    view = sender.referral(referral_id)
    assert view.state == "consented"
    assert [(r.event_id, r.code) for r in view.refusals] == [(event_id, "unknown-programme")]


def test_received_is_said_before_any_answer(network: Network, sender: Edge) -> None:
    recipient = network.edge(RECIPIENT)
    referral_id = an_offer(sender, network)
    network.route()
    network.broker.failing = 1
    recipient.step()
    network.broker.failing = 1
    with pytest.raises(OutcomeUnknown):
        recipient.answer(referral_id, "accepted", "accepted", "a")
    recipient.answer(referral_id, "accepted", "accepted", "a")
    kinds = [m.headers["ce_type"].decode() for m in network.broker.outboxes["outbox.harbor-house"]]
    assert kinds == ["ServiceStatusChanged.v1", "ReferralAnswered.v1"]


def test_parts_leave_in_random_order(network: Network, sender: Edge) -> None:
    recipient = network.edge(RECIPIENT)
    referral_id = accepted(sender, recipient, network)
    for n in range(16):
        sender.disclose(referral_id, [Identity(chosen_name="One"), Identity(chosen_name="Two")], f"d{n}")
    network.settle(sender, recipient)
    opened = [part.record for part in recipient.open_parts(referral_id) if part.data_class == "identity"]
    assert len(opened) == 32
    assert {record.chosen_name for record in opened[::2]} == {"One", "Two"}  # type: ignore[union-attr]


def test_every_message_is_keyed_signed_and_placed_as_agreed(network: Network, sender: Edge) -> None:
    from referral_exchange.message import signed_bytes
    from referral_exchange.signing import verifies
    from referral_exchange.topics import partition_of

    referral_id = an_offer(sender, network)
    (message,) = network.broker.produced
    event = CODEC.decode(message.value, "ReferralOffered.v1")
    assert (message.topic, message.key) == ("outbox.lantern-outreach", referral_id)
    assert message.partition == partition_of(referral_id, 6)
    assert len(event.parts) == 1  # type: ignore[union-attr]
    covered = signed_bytes("ReferralOffered.v1", referral_id, RECIPIENT, message.value or b"")
    assert verifies(network.signers[SENDER].public, message.headers["signature"], covered)


def test_two_processes_never_share_a_database(network: Network, sender: Edge) -> None:
    with pytest.raises(StoreUnusable, match="another process"):
        Store(network.place(SENDER))
