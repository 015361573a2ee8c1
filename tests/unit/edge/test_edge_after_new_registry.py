"""A registry made anew has other ids: an edge reads what waits for it, and sends what it had prepared."""

from dataclasses import replace

import pytest
from edge_kit import CODEC, IDENTITY, RECIPIENT, SENDER, Network, accepted, an_offer, offer_of

from participant_edge.assembly import edge_of
from participant_edge.edge import Edge
from participant_edge.errors import OutcomeUnknown
from referral_exchange import catalog
from referral_exchange.codec import Codec, Undecodable
from referral_exchange.message import signed_bytes
from referral_exchange.signing import verifies

ANEW = Codec(catalog.committed(), {key: n for n, key in enumerate(sorted(catalog.committed()), 4)})
"""Each old id now names another record."""


def restarted(network: Network, programme: str) -> Edge:
    """The programme's edge, started again when the registry had been made anew."""
    if held := network._stores.pop(programme, None):
        held.close()
    means, inbox = network.parts(programme)
    return edge_of(replace(means, codec=ANEW), inbox, None, on_failure=lambda: None)


def said(network: Network) -> list[str]:
    return [message.headers["ce_type"].decode() for message in network.broker.produced]


def test_an_offer_that_waited_in_the_inbox_is_received(network: Network) -> None:
    referral_id = an_offer(network.edge(SENDER), network)
    network.route()
    recipient = restarted(network, RECIPIENT)
    while recipient.step():
        pass
    assert recipient.referral(referral_id).state == "received"
    assert "BadMessageReported.v1" not in said(network)


def test_the_end_of_a_consent_that_waited_is_believed(network: Network) -> None:
    sender, recipient = network.edge(SENDER), network.edge(RECIPIENT)
    referral_id = accepted(sender, recipient, network)
    sender.disclose(referral_id, [IDENTITY], "disclose")
    network.settle(sender, recipient)
    sender.withdraw(referral_id)
    network.route()
    later = restarted(network, RECIPIENT)
    while later.step():
        pass
    assert later.referral(referral_id).state == "cancelled"
    assert "BadMessageReported.v1" not in said(network)


def test_what_was_prepared_before_goes_out_under_the_new_id(network: Network) -> None:
    sender = network.edge(SENDER)
    given = sender.give_consent(network.consent(), "consent")
    network.broker.failing = 1
    with pytest.raises(OutcomeUnknown):
        sender.offer(offer_of(given.consent_id), "offer")
    restarted(network, SENDER).offer(offer_of(given.consent_id), "offer")
    (message,) = network.broker.produced
    event = ANEW.decode(message.value, "ReferralOffered.v1")
    assert event.referral_id == given.referral_id  # type: ignore[union-attr]
    with pytest.raises(Undecodable):
        CODEC.decode(message.value, "ReferralOffered.v1")
    covered = signed_bytes("ReferralOffered.v1", message.key, RECIPIENT, message.value or b"")
    assert verifies(network.signers[SENDER].public, message.headers["signature"], covered)
