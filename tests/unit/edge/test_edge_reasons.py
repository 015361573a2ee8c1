"""Why a programme said no: opened before the consent goes, kept as a code, and never at a person's cost."""

from datetime import timedelta

import httpx
import pytest
from edge_kit import RECIPIENT, SENDER, Network, accepted, an_offer
from sqlalchemy import select

from participant_edge import referral_rows
from participant_edge.edge import Edge
from participant_edge.tables import referrals
from referral_exchange.events import StatusDetail


@pytest.fixture
def sender(network: Network) -> Edge:
    return network.edge(SENDER)


@pytest.fixture
def recipient(network: Network) -> Edge:
    return network.edge(RECIPIENT)


def declined(network: Network, sender: Edge, recipient: Edge) -> str:
    referral_id = an_offer(sender, network)
    network.settle(sender, recipient)
    recipient.answer(referral_id, "declined", "no-room", "answer")
    return referral_id


def acts(network: Network) -> list[str]:
    return [path for programme, path in network.ledger.asked if programme == SENDER]


def test_the_reason_is_known_although_the_consent_is_gone(
    network: Network, sender: Edge, recipient: Edge
) -> None:
    referral_id = declined(network, sender, recipient)
    network.settle(sender, recipient)
    view = sender.referral(referral_id)
    assert (view.state, view.standing) == ("rejected", "withdrawn")
    assert sender.reason(referral_id) == "no-room"
    assert acts(network)[-2:] == ["/v1/open", "/v1/withdrawals"]
    assert [o["recipient"] for o in network.ledger.opened if o["data_class"] == "service-status"] == [SENDER]


def test_the_reason_is_opened_once_and_kept_encrypted(
    network: Network, sender: Edge, recipient: Edge
) -> None:
    referral_id = declined(network, sender, recipient)
    network.settle(sender, recipient)
    opened = network.ledger.count("/v1/open")
    assert {sender.reason(referral_id) for _ in range(3)} == {"no-room"}
    assert network.ledger.count("/v1/open") == opened
    with sender._means.store.read() as connection:
        (kept,) = connection.scalars(select(referrals.c.reason))
    assert kept
    assert b"no-room" not in kept


def test_the_consent_goes_also_where_the_reason_does_not_open(
    network: Network, sender: Edge, recipient: Edge
) -> None:
    referral_id = declined(network, sender, recipient)
    refusal = httpx.Response(403, json={"type": "https://referral-exchange.example/problems/denied"})
    network.ledger.answering = lambda path: refusal if path == "/v1/open" else None
    network.settle(sender, recipient)
    assert sender.referral(referral_id).standing == "withdrawn"
    assert sender.reason(referral_id) is None


def test_a_ledger_that_never_opens_it_delays_the_withdrawal_for_a_few_attempts_only(
    network: Network, sender: Edge, recipient: Edge
) -> None:
    referral_id = declined(network, sender, recipient)
    network.ledger.answering = lambda path: httpx.Response(503) if path == "/v1/open" else None
    network.route()
    for _ in range(3):
        sender.step()
        assert sender.referral(referral_id).standing == "withdrawing"
    sender.step()
    assert sender.withdrawal(sender.referral(referral_id).consent_id).state == "in-force"
    assert sender.reason(referral_id) is None


def test_from_the_decline_on_nothing_more_is_shared(network: Network, sender: Edge, recipient: Edge) -> None:
    referral_id = declined(network, sender, recipient)
    network.ledger.answering = lambda path: httpx.Response(503) if path == "/v1/open" else None
    network.route()
    sender.step()
    assert sender.covered(referral_id) == frozenset()


def test_a_person_who_withdraws_waits_for_no_reason(network: Network, sender: Edge, recipient: Edge) -> None:
    referral_id = declined(network, sender, recipient)
    network.route()
    network.ledger.answering = lambda path: httpx.Response(503) if path == "/v1/open" else None
    sender._workers._intake.turn(0)
    assert sender.withdraw(referral_id).state == "in-force"
    assert acts(network).count("/v1/open") == 0


def test_the_reason_of_a_hold_is_opened_when_it_is_asked_for(
    network: Network, sender: Edge, recipient: Edge
) -> None:
    referral_id = accepted(sender, recipient, network)
    assert sender.reason(referral_id) is None
    detail = StatusDetail(reason="waiting-for-room")
    recipient.report_status(referral_id, "on_hold", None, detail, "hold")
    network.settle(sender, recipient)
    assert sender.reason(referral_id) == "waiting-for-room"
    recipient.report_status(referral_id, "in_progress", None, None, "on")
    recipient.report_status(
        referral_id, "on_hold", None, StatusDetail(reason="waiting-for-client"), "hold again"
    )
    network.settle(sender, recipient)
    assert sender.reason(referral_id) == "waiting-for-client"
    assert recipient.reason(referral_id) is None


def test_a_warm_handover_reaches_the_sender_sealed(network: Network, sender: Edge, recipient: Edge) -> None:
    referral_id = accepted(sender, recipient, network)
    at = network.clock.now().replace(microsecond=0) + timedelta(days=1)
    detail = StatusDetail(handover_at=at, introduction="call-together", role="advocate")
    recipient.report_status(referral_id, "in_progress", "scheduled", detail, "time")
    network.settle(sender, recipient)
    assert detail in [part.record for part in sender.open_parts(referral_id)]
    assert not [message for message in network.broker.produced if b"advocate" in (message.value or b"")]


def test_a_reason_goes_when_nothing_changed_for_long(network: Network, sender: Edge, recipient: Edge) -> None:
    referral_id = declined(network, sender, recipient)
    network.settle(sender, recipient)
    network.clock.turn(days=91)
    with sender._means.store.write() as connection:
        referral_rows.forget_reasons(connection, network.clock.now())
    assert sender.reason(referral_id) is None
