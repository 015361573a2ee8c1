"""Two edges on the real broker, ledger and router: there and back, withdrawn, and through faults of each."""

import signal
from collections.abc import Iterator

import pytest
from edge_kit import IDENTITY, NEEDS, offer_of
from real_edges import RECIPIENT, Offices, a_consent, reaches, until

from exchange_command.platform import Platform
from participant_edge.edge import Edge, OutcomeUnknown, Refused
from participant_edge.ledger_messages import ToOpen
from referral_exchange import ids
from referral_exchange.events import AnswerReason, StatusDetail


@pytest.fixture(scope="module")
def exchange(platform: Platform) -> Iterator[Platform]:
    platform.up(["kafka", "registry", "consent_ledger", "referral_router"])
    yield platform
    for name in ("referral_router", "consent_ledger"):
        platform.stop(name)


@pytest.fixture(scope="module")
def office(exchange: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Offices]:
    """Edges that the tests of this module use one after the other."""
    offices = Offices(exchange, tmp_path_factory.mktemp("offices"))
    yield offices
    offices.end()


@pytest.fixture
def sender(office: Offices) -> Edge:
    return office("lantern-outreach")


@pytest.fixture
def recipient(office: Offices) -> Edge:
    return office("harbor-house")


def an_offer(sender: Edge) -> str:
    given = sender.give_consent(a_consent(), ids.fresh())
    return sender.offer(offer_of(given.consent_id), ids.fresh()).referral_id


def a_disclosure(sender: Edge, recipient: Edge) -> str:
    referral_id = an_offer(sender)
    reaches(recipient, referral_id, "received")
    recipient.answer(referral_id, "accepted", "accepted", ids.fresh())
    reaches(sender, referral_id, "accepted")
    sender.disclose(referral_id, [IDENTITY], ids.fresh())
    until(lambda: len(recipient.referral(referral_id).steps) == 4, "the disclosure arrives")
    return referral_id


def test_a_referral_there_and_back(sender: Edge, recipient: Edge) -> None:
    referral_id = an_offer(sender)
    reaches(recipient, referral_id, "received")
    assert [part.record for part in recipient.open_parts(referral_id)] == [NEEDS]
    recipient.answer(referral_id, "accepted", "accepted", ids.fresh())
    reaches(sender, referral_id, "accepted")
    assert [part.record for part in sender.open_parts(referral_id)] == [AnswerReason(code="accepted")]
    sender.disclose(referral_id, [IDENTITY], ids.fresh())
    until(lambda: len(recipient.open_parts(referral_id)) == 2, "the disclosure arrives")
    assert IDENTITY in [part.record for part in recipient.open_parts(referral_id)]
    recipient.report_status(referral_id, "in_progress", "scheduled", None, ids.fresh())
    done = StatusDetail(outcome="service-provided")
    recipient.report_status(referral_id, "completed", None, done, ids.fresh())
    reaches(sender, referral_id, "completed")
    assert done in [part.record for part in sender.open_parts(referral_id)]
    seen = [[(s.kind, s.what) for s in edge.referral(referral_id).steps] for edge in (sender, recipient)]
    assert seen[0] == seen[1]
    assert all(not edge.referral(referral_id).refusals for edge in (sender, recipient))
    lines = {(line.kind, line.data_class) for line in sender.disclosures(referral_id)}
    assert {("opened", "needs"), ("opened", "identity"), ("opened", "service-status")} <= lines


def test_a_withdrawal_shuts_everything(sender: Edge, recipient: Edge) -> None:
    referral_id = a_disclosure(sender, recipient)
    recipient.open_parts(referral_id)
    event = next(e for e in _stored(recipient, referral_id) if type(e).__name__ == "ReferralDisclosed")

    withdrawal = sender.withdraw(referral_id)
    assert withdrawal.state in {"in-force", "recipients-told"}
    assert {line.data_class for line in withdrawal.opened_before} >= {"needs", "identity"}
    lock = ToOpen(event.consent_id, referral_id, event.parts[0].lock)
    with pytest.raises(Refused):
        recipient._means.ledger.open(recipient._means.own.signer(RECIPIENT), [lock])

    until(lambda: sender.withdrawal(withdrawal.consent_id).state == "recipients-told", "told")
    until(lambda: recipient.referral(referral_id).purge == "asked", "the purge is asked for")
    with pytest.raises(Refused, match="consent-ended"):
        recipient.open_parts(referral_id)
    recipient.answer_purge(referral_id, "purged", ids.fresh())
    answers = until(lambda: sender.withdrawal(withdrawal.consent_id).purge_answers, "the purge is answered")
    assert [(answer.programme, answer.purge) for answer in answers] == [(RECIPIENT, "purged")]
    for edge in (sender, recipient):
        view = until(lambda edge=edge: edge.referral(referral_id), "a view")  # type: ignore[misc]
        assert (view.state, view.sub_state) == ("cancelled", "cancel_confirmed")


def test_a_decline_and_a_cancellation_end_their_consents(sender: Edge, recipient: Edge) -> None:
    declined, cancelled = an_offer(sender), an_offer(sender)
    for referral_id in (declined, cancelled):
        reaches(recipient, referral_id, "received")
    recipient.answer(declined, "declined", "no-room", ids.fresh())
    sender.cancel(cancelled, "cancelled", ids.fresh())
    for referral_id, state in ((declined, "rejected"), (cancelled, "cancelled")):
        until(lambda r=referral_id: recipient.referral(r).standing == "withdrawn", "told")  # type: ignore[misc]
        assert sender.referral(referral_id).state == recipient.referral(referral_id).state == state


def test_a_ledger_that_is_away_keeps_nobody_from_withdrawing(
    exchange: Platform, sender: Edge, recipient: Edge
) -> None:
    referral_id = a_disclosure(sender, recipient)
    waiting = sender.give_consent(a_consent(), "waiting")
    exchange.stop("consent_ledger", signal.SIGKILL)
    with pytest.raises(OutcomeUnknown):
        sender.offer(offer_of(waiting.consent_id), "waiting-offer")
    asked = sender.withdraw(referral_id)
    assert asked.state == "not-yet-in-force"
    exchange.start("consent_ledger")
    until(lambda: sender.withdrawal(asked.consent_id).state == "recipients-told", "in force after all", 30)
    receipt = sender.offer(offer_of(waiting.consent_id), "waiting-offer")
    reaches(recipient, receipt.referral_id, "received")


def test_a_broker_that_is_killed_loses_and_doubles_nothing(
    exchange: Platform, sender: Edge, recipient: Edge
) -> None:
    given = sender.give_consent(a_consent(), ids.fresh())
    exchange.stop("kafka", signal.SIGKILL)
    with pytest.raises(OutcomeUnknown):
        sender.offer(offer_of(given.consent_id), "through-the-dark")
    exchange.start("kafka")
    reaches(recipient, given.referral_id, "received", 60)
    receipt = sender.offer(offer_of(given.consent_id), "through-the-dark")
    offers = [e for e in recipient.inbox().items if e.referral_id == given.referral_id]
    assert [entry.event_id for entry in offers] == [receipt.event_id]
    reaches(sender, given.referral_id, "received", 60)


def test_an_edge_that_was_away_gets_everything_once(sender: Edge, recipient: Edge, office: Offices) -> None:
    first = an_offer(sender)
    reaches(recipient, first, "received")
    office.stop("harbor-house")
    later = [an_offer(sender) for _ in range(5)]
    again = office("harbor-house")
    for referral_id in later:
        reaches(sender, referral_id, "received")
    # Two referrals may stand in two partitions: each comes once, in whatever order.
    offers = [e.referral_id for e in again.inbox().items if e.kind == "ReferralOffered"]
    assert sorted(each for each in offers if each in {first, *later}) == sorted([first, *later])


def _stored(edge: Edge, referral_id: str) -> list[object]:
    from participant_edge import inbox_rows
    from participant_edge.opening import event_of

    with edge._means.store.read() as connection:
        entries = inbox_rows.with_parts(connection, referral_id)
    return [event_of(edge._means, entry) for entry in entries]
