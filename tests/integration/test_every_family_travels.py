"""Every event a participant may say: made by a real edge, carried by the router, believed by a real edge."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from edge_kit import IDENTITY, offer_of
from real_edges import RECIPIENT, SENDER, Offices, a_consent, reaches, until

from exchange_command.network import Participant, Programme
from exchange_command.platform import Platform
from participant_edge.commands import CapacityDraft, DocumentDraft, GroundDraft, IntakeRecord, OpenerKind
from participant_edge.edge import Edge, Refused
from referral_exchange import events, ids
from referral_exchange.topics import committed_topics

NOW = datetime.now(UTC).replace(microsecond=0)
HOTLINE = events.HotlineRequest(
    kind="emergency_shelter", region="Wraithmoor Valley", languages=["es"], household_size=2, access=[]
)
RESOURCE = events.ResourceNeeded(
    kind="resource", services=["Legal Services"], region="Wraithmoor Valley", languages=["es"]
)
SCREENING = events.ScreeningResult(tool="ahtst", version="1.0", band="likely")
LETTER = events.InterimAssistanceLetter(
    letter_number="canary-letter-0001", starts_on="2030-01-15", ends_on="2030-04-15", extended=False
)
REPORT = events.MandatedReport(
    statute="Sample Code 1-2-3",
    jurisdiction="Sample State",
    concerns=["canary-concern"],
    reporter_role="caseworker",
)
SAFE = events.SafeContact(may_contact=False, voicemail=False)

OPENERS: dict[OpenerKind, tuple[IntakeRecord, tuple[str, ...]]] = {
    "EmergencyRequested": (HOTLINE, ("needs",)),
    "ResourceRequested": (RESOURCE, ("needs",)),
    "ScreeningCompleted": (SCREENING, ("screening", "needs")),
}

REPORTS: dict[str, dict[str, Any]] = {
    "CountsReported": {
        "measure": "clients",
        "period_from": NOW - timedelta(days=180),
        "period_to": NOW,
        "cells": [
            events.reports.CountCell(code="adult", count=25),
            events.reports.CountCell(code="minor"),
            events.reports.CountCell(code="unknown"),
        ],
    },
    "TrainingCompleted": {
        "course": "sample-course-1",
        "audience": "caseworkers",
        "region": "North Valley",
        "people": 25,
        "completed_at": NOW,
    },
    "CommentReceived": {
        "comment_id": ids.fresh(),
        "section": "2.3",
        "position": "supports",
        "received_at": NOW,
    },
    "PlanActionReported": {"action": "2.3.1", "standing": "under_way", "as_of": NOW},
    "FeedbackGiven": {"about": "asked_first", "answer": "yes", "service": None},
}


@pytest.fixture(scope="module")
def exchange(platform: Platform) -> Iterator[Platform]:
    """Broker, registry, ledger and router, with the plan office listed too, which has no process yet."""
    office = Programme("plan_office", "Plan office", False, "exchange_service", [], [], [], "everywhere", [])
    listed = Participant("plan_office", "Plan office", "exchange_service", (office,), mailboxes=True)
    wider = replace(platform.network, participants=(*platform.network.participants, listed))
    widened = replace(platform, network=wider)
    widened.up(["kafka", "registry", "consent_ledger", "referral_router"])
    yield widened
    for name in ("referral_router", "consent_ledger"):
        widened.stop(name)


@pytest.fixture(scope="module")
def start(exchange: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Offices]:
    offices = Offices(exchange, tmp_path_factory.mktemp("offices"))
    yield offices
    offices.end()


@pytest.fixture
def sender(start: Offices) -> Edge:
    return start("lantern-outreach")


@pytest.fixture
def recipient(start: Offices) -> Edge:
    return start("harbor-house")


def records(edge: Edge, referral_id: str) -> list[object]:
    return [part.record for part in edge.open_parts(referral_id)]


def arrives(edge: Edge, kind: str, event_id: str) -> None:
    """Returns once the edge has taken in that event."""
    found = (kind, event_id)
    until(lambda: found in [(c.kind, c.event_id) for c in edge.changes(0, 1000)], f"{kind} arrives")


@pytest.mark.parametrize("kind", OPENERS)
def test_what_comes_in_elsewhere_opens_a_referral_that_is_served(
    kind: OpenerKind, sender: Edge, recipient: Edge
) -> None:
    part, classes = OPENERS[kind]
    given = sender.give_consent(a_consent(*classes), ids.fresh())
    receipt = sender.open_referral(kind, given.consent_id, "emergency", None, part, ids.fresh())
    reaches(recipient, receipt.referral_id, "received")
    assert records(recipient, receipt.referral_id) == [part]
    recipient.answer(receipt.referral_id, "accepted", "accepted", ids.fresh())
    reaches(sender, receipt.referral_id, "accepted")


def test_a_document_opens_a_referral_and_is_answered_by_another(sender: Edge, recipient: Edge) -> None:
    draft = replace(a_consent("documents"), comes_back=("service-status", "documents"))
    given = sender.give_consent(draft, ids.fresh())
    document = DocumentDraft(
        consent_id=given.consent_id, urgency="urgent", answer_by=NOW + timedelta(days=1), forms=[LETTER]
    )
    sent = sender.send_document(document, ids.fresh())
    reaches(recipient, sent.referral_id, "received")
    assert records(recipient, sent.referral_id) == [LETTER]
    back = replace(LETTER, letter_number="canary-letter-0001-back")
    recipient.answer_document(sent.referral_id, sent.event_id, [back], ids.fresh())
    reaches(sender, sent.referral_id, "accepted")
    assert records(sender, sent.referral_id) == [back]


def test_a_changed_safe_contact_reaches_whoever_serves(sender: Edge, recipient: Edge) -> None:
    given = sender.give_consent(a_consent("needs", "identity", "safe-contact"), ids.fresh())
    referral_id = sender.offer(offer_of(given.consent_id), ids.fresh()).referral_id
    reaches(recipient, referral_id, "received")
    recipient.answer(referral_id, "accepted", "accepted", ids.fresh())
    reaches(sender, referral_id, "accepted")
    (receipt,) = sender.change_safe_contact([referral_id], SAFE, ids.fresh())
    arrives(recipient, "SafeContactChanged", receipt.event_id)
    assert SAFE in records(recipient, referral_id)


def test_a_mandated_report_needs_no_consent_and_no_acceptance(sender: Edge, recipient: Edge) -> None:
    ground = GroundDraft(
        programme_from=SENDER,
        recipient=RECIPIENT,
        kind="mandated_report",
        statute="Sample Code 1-2-3",
        jurisdiction="Sample State",
        data_classes=("documents", "identity"),
    )
    recorded = sender.record_ground(ground, ids.fresh())
    report = DocumentDraft(
        consent_id=recorded.consent_id, urgency="emergency", answer_by=None, forms=[REPORT]
    )
    sent = sender.send_document(report, ids.fresh())
    reaches(recipient, sent.referral_id, "received")
    assert records(recipient, sent.referral_id) == [REPORT]
    sender.disclose(sent.referral_id, [IDENTITY], ids.fresh())
    until(lambda: IDENTITY in records(recipient, sent.referral_id), "what the statute asks for")
    with pytest.raises(Refused):
        sender.withdraw(sent.referral_id)


def test_a_withdrawal_asked_at_another_desk_names_the_person_to_the_discloser_only(
    sender: Edge, recipient: Edge
) -> None:
    ground = GroundDraft(
        programme_from=RECIPIENT,
        recipient=SENDER,
        kind="withdrawal",
        statute="",
        jurisdiction="",
        data_classes=("identity",),
    )
    recorded = recipient.record_ground(ground, ids.fresh())
    asked = recipient.open_referral(
        "WithdrawalAsked", recorded.consent_id, "emergency", None, IDENTITY, ids.fresh()
    )
    reaches(sender, asked.referral_id, "received")
    assert records(sender, asked.referral_id) == [IDENTITY]


def test_a_tip_stays_where_it_is_while_policy_forwards_none(sender: Edge) -> None:
    ground = GroundDraft(
        programme_from=SENDER,
        recipient=RECIPIENT,
        kind="tip",
        statute="",
        jurisdiction="",
        data_classes=("criminal-legal",),
    )
    with pytest.raises(Refused, match="tips-are-not-forwarded-here"):
        sender.record_ground(ground, ids.fresh())


def test_what_concerns_no_person_reaches_the_plan_office(sender: Edge, start: Offices) -> None:
    office = start("plan_office")
    said = {kind: sender.report(kind, SENDER, fields, ids.fresh()) for kind, fields in REPORTS.items()}  # type: ignore[arg-type]
    for kind, receipt in said.items():
        arrives(office, kind, receipt.event_id)


def test_room_reaches_the_directory(sender: Edge, start: Offices) -> None:
    directory = start("service_directory")
    room = CapacityDraft(
        capacity="capacity",
        room=2,
        accessible=True,
        languages=("es",),
        as_of=NOW,
        valid_until=NOW + timedelta(hours=12),
    )
    receipt = sender.report_capacity(SENDER, room, ids.fresh())
    arrives(directory, "CapacityReported", receipt.event_id)


def test_an_edge_that_asks_gets_its_open_referrals_again(
    sender: Edge, recipient: Edge, start: Offices
) -> None:
    given = sender.give_consent(a_consent(), ids.fresh())
    referral_id = sender.offer(offer_of(given.consent_id), ids.fresh()).referral_id
    reaches(sender, referral_id, "received")
    shutil.rmtree(start.stop("harbor-house"))
    emptied = start("harbor-house")
    emptied.ask_resync()
    until(lambda: emptied.referral(referral_id), "the offer comes again", 30)


def test_these_are_all_the_events_there_are() -> None:
    """What an edge says by itself, and what the survivor's page alone says, is tested where it does."""
    here = {
        *OPENERS,
        *REPORTS,
        *("ReferralOffered", "ReferralAnswered", "ReferralDisclosed", "ServiceStatusChanged"),
        *("DocumentSent", "DocumentAnswered", "SafeContactChanged", "CapacityReported"),
        *("TipReported", "WithdrawalAsked", "ResyncAsked"),
    }
    elsewhere = {"BadMessageReported", "ReferralCancelled", "PurgeAnswered", "QuestionAsked"}
    assert here | elsewhere == committed_topics()["outbox"].events
