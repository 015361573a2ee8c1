"""The whole path between two edges, on a strict ledger and a router that only forwards."""

import pytest
from edge_kit import IDENTITY, NEEDS, RECIPIENT, SENDER, Network, accepted, an_offer

from participant_edge import outgoing
from participant_edge.edge import Edge, Refused
from participant_edge.means import Means
from participant_edge.views import ReferralView
from referral_exchange.events import AnswerReason, StatusDetail


@pytest.fixture
def sender(network: Network) -> Edge:
    return network.edge(SENDER)


@pytest.fixture
def recipient(network: Network) -> Edge:
    return network.edge(RECIPIENT)


def kinds(edge: Edge, referral_id: str) -> list[tuple[str, str]]:
    return [(step.kind, step.what) for step in edge.referral(referral_id).steps]


def test_a_referral_goes_there_and_back(network: Network, sender: Edge, recipient: Edge) -> None:
    referral_id = an_offer(sender, network)
    network.settle(sender, recipient)
    assert sender.referral(referral_id).state == recipient.referral(referral_id).state == "received"
    assert [part.record for part in recipient.open_parts(referral_id)] == [NEEDS]

    recipient.answer(referral_id, "accepted", "accepted", "answer")
    network.settle(sender, recipient)
    assert sender.referral(referral_id).state == "accepted"
    assert [part.record for part in sender.open_parts(referral_id)] == [AnswerReason(code="accepted")]

    sender.disclose(referral_id, [IDENTITY], "disclose")
    network.settle(sender, recipient)
    assert {part.data_class for part in recipient.open_parts(referral_id)} == {"needs", "identity"}

    recipient.report_status(referral_id, "in_progress", "scheduled", None, "s1")
    recipient.report_status(referral_id, "completed", None, StatusDetail(outcome="service-provided"), "s2")
    network.settle(sender, recipient)
    steps = [
        ("ReferralOffered", ""),
        ("ServiceStatusChanged", "received"),
        ("ReferralAnswered", "accepted"),
        ("ReferralDisclosed", ""),
        ("ServiceStatusChanged", "in_progress:scheduled"),
        ("ServiceStatusChanged", "completed"),
    ]
    assert kinds(sender, referral_id) == kinds(recipient, referral_id) == steps
    assert sender.referral(referral_id).state == recipient.referral(referral_id).state == "completed"


def test_what_goes_while_it_is_opened_is_refused_and_not_shown_as_nothing(
    network: Network, sender: Edge, recipient: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    referral_id = accepted(sender, recipient, network)
    look = outgoing.need_view

    def and_then_it_is_withdrawn(means: Means, asked: str) -> ReferralView:
        view = look(means, asked)
        monkeypatch.undo()
        sender.withdraw(referral_id)
        network.settle(sender, recipient)
        return view

    monkeypatch.setattr(outgoing, "need_view", and_then_it_is_withdrawn)
    with pytest.raises(Refused):
        recipient.open_parts(referral_id)
    assert recipient.referral(referral_id).standing == "withdrawn"


def test_a_withdrawal_shuts_everything(network: Network, sender: Edge, recipient: Edge) -> None:
    referral_id = accepted(sender, recipient, network)
    sender.disclose(referral_id, [IDENTITY], "disclose")
    network.settle(sender, recipient)
    recipient.open_parts(referral_id)

    withdrawal = sender.withdraw(referral_id)
    assert withdrawal.state == "in-force"
    assert {line.data_class for line in withdrawal.opened_before} == {"needs", "identity"}
    with pytest.raises(Refused) as before_told:
        recipient.open_parts(referral_id)
    assert (before_told.value.code, before_told.value.rule) == ("denied", "consent-ended")

    network.settle(sender, recipient)
    assert sender.withdrawal(withdrawal.consent_id).state == "recipients-told"
    with pytest.raises(Refused, match="consent-ended"):
        recipient.open_parts(referral_id)
    assert all(entry.parts == 0 for entry in recipient.inbox().items)
    view = recipient.referral(referral_id)
    assert (view.state, view.sub_state, view.purge) == ("cancelled", "cancel_requested", "asked")

    recipient.answer_purge(referral_id, "purged", "purge")
    network.settle(sender, recipient)
    assert [answer.purge for answer in sender.withdrawal(withdrawal.consent_id).purge_answers] == ["purged"]
    assert sender.referral(referral_id).sub_state == "cancel_confirmed"


def test_a_decline_withdraws_the_consent_by_itself(network: Network, sender: Edge, recipient: Edge) -> None:
    referral_id = an_offer(sender, network)
    network.settle(sender, recipient)
    recipient.answer(referral_id, "declined", "no-room", "answer")
    network.settle(sender, recipient)
    view = sender.referral(referral_id)
    assert (view.state, view.standing) == ("rejected", "withdrawn")
    assert sender.withdrawal(view.consent_id).state == "recipients-told"


def test_a_cancellation_withdraws_the_consent_by_itself(
    network: Network, sender: Edge, recipient: Edge
) -> None:
    referral_id = an_offer(sender, network)
    network.settle(sender, recipient)
    sender.cancel(referral_id, "cancelled", "cancel")
    network.settle(sender, recipient)
    assert recipient.referral(referral_id).state == "cancelled"
    assert sender.withdrawal(sender.referral(referral_id).consent_id).state == "recipients-told"
