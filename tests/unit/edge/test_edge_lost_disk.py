"""An edge that lost its disk asks for what was open, takes its own words back, and can still withdraw."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from edge_kit import IDENTITY, OFFICE, RECIPIENT, SENDER, Network, accepted, an_offer, offer_of
from fake_router import send_again

from participant_edge.edge import Edge, Refused
from referral_exchange.topics import inbox, outbox


@pytest.fixture
def network(tmp_path: Path) -> Network:
    return Network(tmp_path)


def lost(network: Network, programme: str) -> Edge:
    """The edge on an empty disk; its keys have a backup of their own, and its offsets are Kafka's."""
    network.close()
    shutil.rmtree(network.folder / OFFICE[programme])
    return network.edge(programme)


def asked(network: Network, programme: str) -> int:
    messages = network.broker.outboxes.get(outbox(OFFICE[programme]), [])
    return sum(message.headers["ce_type"] == b"ResyncAsked.v1" for message in messages)


def test_an_edge_that_lost_its_disk_asks_once_for_what_was_open(network: Network) -> None:
    sender, recipient = network.edge(SENDER), network.edge(RECIPIENT)
    accepted(sender, recipient, network)
    assert asked(network, RECIPIENT) == 0
    again = lost(network, RECIPIENT)
    again.step()
    again.step()
    assert asked(network, RECIPIENT) == 1
    network.edge(RECIPIENT).step()
    assert asked(network, RECIPIENT) == 1


def test_an_edge_that_is_new_or_whole_asks_nothing(network: Network) -> None:
    sender, recipient = network.edge(SENDER), network.edge(RECIPIENT)
    an_offer(sender, network)
    network.settle(sender, recipient)
    network.edge(SENDER).step()
    network.edge(RECIPIENT).step()
    assert (asked(network, SENDER), asked(network, RECIPIENT)) == (0, 0)


def test_a_broker_that_is_away_does_not_lose_the_asking(network: Network) -> None:
    sender, recipient = network.edge(SENDER), network.edge(RECIPIENT)
    accepted(sender, recipient, network)
    again = lost(network, RECIPIENT)
    network.broker.failing = 2
    with pytest.raises(Exception, match="the broker"):
        again.step()
    again.step()
    again.step()
    assert asked(network, RECIPIENT) == 1


def test_a_recipient_serves_on_after_its_disk_was_lost(network: Network) -> None:
    sender, recipient = network.edge(SENDER), network.edge(RECIPIENT)
    referral_id = accepted(sender, recipient, network)
    sender.disclose(referral_id, [IDENTITY], "disclose")
    network.settle(sender, recipient)
    again, sender = lost(network, RECIPIENT), network.edge(SENDER)
    again.step()
    send_again(network, RECIPIENT)
    network.settle(sender, again)
    assert again.referral(referral_id).state == "accepted"
    assert IDENTITY in [part.record for part in again.open_parts(referral_id)]
    again.report_status(referral_id, "in_progress", None, None, "on")
    network.settle(sender, again)
    assert sender.referral(referral_id).state == "in_progress"
    assert sender.referral(referral_id).refusals == ()


def test_a_sender_can_withdraw_for_the_person_after_its_disk_was_lost(network: Network) -> None:
    sender, recipient = network.edge(SENDER), network.edge(RECIPIENT)
    referral_id = accepted(sender, recipient, network)
    again = lost(network, SENDER)
    recipient = network.edge(RECIPIENT)
    again.step()
    send_again(network, SENDER)
    network.settle(again, recipient)
    view = again.referral(referral_id)
    assert (view.direction, view.state, view.standing) == ("sent", "accepted", "live")
    with pytest.raises(Refused) as refused:
        again.disclose(referral_id, [IDENTITY], "disclose")
    assert refused.value.code == "form-lost"
    assert again.withdraw(referral_id).state == "in-force"
    network.settle(again, recipient)
    assert recipient.referral(referral_id).standing == "withdrawn"


def test_own_words_that_come_back_change_nothing_at_an_edge_that_knows_them(network: Network) -> None:
    sender, recipient = network.edge(SENDER), network.edge(RECIPIENT)
    referral_id = accepted(sender, recipient, network)
    before = sender.referral(referral_id), sender.changes(0)
    send_again(network, SENDER)
    network.settle(sender, recipient)
    after = sender.referral(referral_id), sender.changes(0)
    assert after == (replace(before[0], updated_at=after[0].updated_at), before[1])


def test_words_that_another_put_into_our_mouth_are_not_believed(network: Network) -> None:
    sender, recipient = network.edge(SENDER), network.edge(RECIPIENT)
    given = sender.give_consent(network.consent(), "c")
    sender.offer(offer_of(given.consent_id), "o")
    (message,) = network.broker.outboxes[outbox(OFFICE[SENDER])]
    forged = replace(message, headers={**message.headers, "signature": bytes(64)})
    again = lost(network, SENDER)
    network.broker.inboxes[inbox(OFFICE[SENDER])] = [replace(forged, topic=inbox(OFFICE[SENDER]))]
    again.step()
    assert again.referrals().items == ()
    assert recipient is not None
