"""A warm handover: seen by both sides while the consent lives, kept encrypted, gone with the consent."""

from datetime import timedelta

import pytest
from edge_kit import RECIPIENT, SENDER, Network, accepted
from sqlalchemy import select

from participant_edge.edge import Edge, Refused
from participant_edge.tables import referrals
from participant_edge.views import Handover
from referral_exchange.events import StatusDetail


@pytest.fixture
def sender(network: Network) -> Edge:
    return network.edge(SENDER)


@pytest.fixture
def recipient(network: Network) -> Edge:
    return network.edge(RECIPIENT)


def agreed(network: Network, sender: Edge, recipient: Edge) -> tuple[str, Handover]:
    referral_id = accepted(sender, recipient, network)
    wanted = Handover(
        at=network.clock.now().replace(microsecond=0) + timedelta(days=1),
        introduction="call-together",
        role="advocate",
    )
    detail = StatusDetail(handover_at=wanted.at, introduction=wanted.introduction, role=wanted.role)
    recipient.report_status(referral_id, "in_progress", "scheduled", detail, "handover")
    network.settle(sender, recipient)
    return referral_id, wanted


def test_both_sides_see_the_handover_that_was_agreed(network: Network, sender: Edge, recipient: Edge) -> None:
    referral_id, wanted = agreed(network, sender, recipient)
    assert recipient.handover(referral_id) == wanted
    opened = network.ledger.count("/v1/open")
    assert {sender.handover(referral_id) for _ in range(3)} == {wanted}
    assert network.ledger.count("/v1/open") == opened + 1
    for edge in (sender, recipient):
        with edge._means.store.read() as connection:
            (kept,) = connection.scalars(select(referrals.c.reason))
        assert b"call-together" not in kept


def test_it_is_over_once_something_else_is_told(network: Network, sender: Edge, recipient: Edge) -> None:
    referral_id, _ = agreed(network, sender, recipient)
    recipient.report_status(referral_id, "in_progress", "event_completed", None, "met")
    network.settle(sender, recipient)
    assert sender.handover(referral_id) is recipient.handover(referral_id) is None


def test_it_is_erased_with_the_consent(network: Network, sender: Edge, recipient: Edge) -> None:
    referral_id, wanted = agreed(network, sender, recipient)
    assert sender.handover(referral_id) == wanted
    sender.withdraw(referral_id)
    assert sender.handover(referral_id) is None
    network.settle(sender, recipient)
    assert recipient.handover(referral_id) is None
    for edge in (sender, recipient):
        with edge._means.store.read() as connection:
            assert connection.scalars(select(referrals.c.reason)).one() is None


def test_a_handover_without_a_set_time_is_not_said(network: Network, sender: Edge, recipient: Edge) -> None:
    referral_id = accepted(sender, recipient, network)
    half = StatusDetail(handover_at=network.clock.now(), introduction="call-together")
    with pytest.raises(Refused):
        recipient.report_status(referral_id, "in_progress", "scheduled", half, "half")
    assert recipient.handover(referral_id) is None
