"""What else edges say to each other on the real broker, ledger and router: intake, documents, picks, loss."""

import shutil
from collections.abc import Iterator
from dataclasses import replace

import pytest
from edge_kit import IDENTITY, offer_of
from real_edges import RECIPIENT, SENDER, Offices, a_consent, reaches, until

from exchange_command.platform import Platform
from participant_edge.commands import ConsentDraft, DocumentDraft, GroundDraft
from participant_edge.edge import Edge, Refused
from referral_exchange import events, ids

OTHER = "orchard-clinic"
HOTLINE = events.HotlineRequest(
    kind="transportation", region="Wraithmoor Bay", languages=["es"], household_size=2, access=[]
)
REPORT = events.MandatedReport(
    statute="Invented Code 1", jurisdiction="Invented", concerns=["harm"], reporter_role="caseworker"
)
VALID = events.LetterVerificationAnswered(valid=True)
ASKED = events.LetterVerificationAsked(letter_number="INVENTED-1")


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


def form(*classes: str) -> ConsentDraft:
    return replace(a_consent(*classes), comes_back=("service-status", "documents"))


def test_an_emergency_and_a_document_are_answered(sender: Edge, recipient: Edge) -> None:
    given = sender.give_consent(form("needs", "documents"), ids.fresh())
    sender.open_referral("EmergencyRequested", given.consent_id, "emergency", None, HOTLINE, ids.fresh())
    reaches(sender, given.referral_id, "received")
    recipient.answer(given.referral_id, "accepted", "accepted", ids.fresh())
    reaches(sender, given.referral_id, "accepted")
    draft = DocumentDraft(referral_id=given.referral_id, urgency="routine", answer_by=None, forms=[ASKED])
    sent = sender.send_document(draft, ids.fresh())
    until(lambda: len(recipient.open_parts(given.referral_id)) == 2, "the document arrives")
    assert [part.record for part in recipient.open_parts(given.referral_id)] == [HOTLINE, ASKED]
    recipient.answer_document(given.referral_id, sent.event_id, [VALID], ids.fresh())
    until(lambda: len(sender.open_parts(given.referral_id)) == 2, "its answer arrives")
    assert VALID in [part.record for part in sender.open_parts(given.referral_id)]
    assert sender.referral(given.referral_id).refusals == ()


def test_a_mandated_report_passes_on_a_ground_and_is_closed_with_its_referral(
    sender: Edge, recipient: Edge
) -> None:
    ground = GroundDraft(
        programme_from=SENDER,
        recipient=RECIPIENT,
        kind="mandated_report",
        statute="Invented Code 1",
        jurisdiction="Invented",
        data_classes=("documents", "identity"),
    )
    given = sender.record_ground(ground, ids.fresh())
    draft = DocumentDraft(consent_id=given.consent_id, urgency="urgent", answer_by=None, forms=[REPORT])
    sender.send_document(draft, ids.fresh())
    reaches(sender, given.referral_id, "received")
    assert [part.record for part in recipient.open_parts(given.referral_id)] == [REPORT]
    sender.cancel(given.referral_id, "cancelled", ids.fresh())
    until(lambda: recipient.referral(given.referral_id).standing == "expired", "the ground is closed")
    with pytest.raises(Refused):
        recipient.open_parts(given.referral_id)


def test_a_disclosure_on_a_ground_opens_the_referral(sender: Edge, recipient: Edge) -> None:
    ground = GroundDraft(
        programme_from=SENDER,
        recipient=RECIPIENT,
        kind="mandated_report",
        statute="Invented Code 1",
        jurisdiction="Invented",
        data_classes=("identity",),
    )
    given = sender.record_ground(ground, ids.fresh())
    sender.disclose(given.referral_id, [IDENTITY], ids.fresh())
    reaches(recipient, given.referral_id, "requested")
    assert [part.record for part in recipient.open_parts(given.referral_id)] == [IDENTITY]
    assert sender.referral(given.referral_id).refusals == ()


def test_a_decline_is_understood_and_its_consent_goes(sender: Edge, recipient: Edge) -> None:
    given = sender.give_consent(a_consent(), ids.fresh())
    sender.offer(offer_of(given.consent_id), ids.fresh())
    reaches(recipient, given.referral_id, "received")
    recipient.answer(given.referral_id, "declined", "no-room", ids.fresh())
    until(lambda: recipient.referral(given.referral_id).standing == "withdrawn", "the consent is withdrawn")
    assert sender.reason(given.referral_id) == "no-room"


def test_one_of_two_acceptances_is_picked(sender: Edge, recipient: Edge, office: Offices) -> None:
    clinic = office("orchard-health")
    first = sender.give_consent(a_consent(), ids.fresh())
    another = replace(a_consent(), recipient=OTHER, subject_token=first.subject_token)
    second = sender.give_consent(another, ids.fresh())
    sender.offer_together([offer_of(first.consent_id), offer_of(second.consent_id)], ids.fresh())
    for edge, referral_id in ((recipient, first.referral_id), (clinic, second.referral_id)):
        reaches(edge, referral_id, "received")
        edge.answer(referral_id, "accepted", "accepted", ids.fresh())
        reaches(sender, referral_id, "accepted")
    assert sender.pick(second.referral_id, ids.fresh()).cancelled == (first.referral_id,)
    until(lambda: recipient.referral(first.referral_id).standing == "withdrawn", "the other is told")
    assert clinic.referral(second.referral_id).standing == "live"


@pytest.mark.parametrize("lost", ["harbor-house", "lantern-outreach"])
def test_an_edge_that_lost_its_disk_gets_its_open_referrals_back(
    sender: Edge, recipient: Edge, office: Offices, lost: str
) -> None:
    given = sender.give_consent(a_consent(), ids.fresh())
    sender.offer(offer_of(given.consent_id), ids.fresh())
    reaches(recipient, given.referral_id, "received")
    recipient.answer(given.referral_id, "accepted", "accepted", ids.fresh())
    reaches(sender, given.referral_id, "accepted")
    shutil.rmtree(office.stop(lost))
    again = office(lost)
    reaches(again, given.referral_id, "accepted")
    if lost == "lantern-outreach":
        assert again.withdraw(given.referral_id).state == "in-force"
        until(lambda: recipient.referral(given.referral_id).standing == "withdrawn", "it is told")
