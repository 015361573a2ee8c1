"""Two invented programmes, one referral between them, and every event that can be said about it."""

import os
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from referral_exchange import ids
from referral_exchange.events import (
    CapacityReported,
    CommentReceived,
    ConsentExpired,
    ConsentGiven,
    ConsentWithdrawn,
    CountsReported,
    DocumentAnswered,
    DocumentSent,
    EmergencyRequested,
    FeedbackGiven,
    GroundRecorded,
    PlanActionReported,
    PurgeAnswered,
    QuestionAsked,
    ReferralAnswered,
    ReferralCancelled,
    ReferralDisclosed,
    ReferralOffered,
    ResourceRequested,
    ResyncAsked,
    SafeContactChanged,
    ScreeningCompleted,
    SealedPart,
    ServiceStatusChanged,
    TipReported,
    TrainingCompleted,
    WithdrawalAsked,
)
from referral_exchange.signing import ProgrammeSigner
from referral_exchange.topics import partition_of

PARTITIONS = 6


@dataclass(frozen=True)
class Desk:
    """One invented participant with one programme."""

    participant: str
    signer: ProgrammeSigner

    @property
    def programme(self) -> str:
        return self.signer.programme


def desk(participant: str, programme: str = "") -> Desk:
    """The participant, with one programme named after it, or so."""
    named = programme or f"{participant}-desk"
    return Desk(participant, ProgrammeSigner(named, "1", Ed25519PrivateKey.generate()))


@dataclass(frozen=True)
class Case:
    """The ids of one referral between two desks."""

    sender: Desk
    recipient: Desk
    referral_id: str = field(default_factory=ids.fresh)
    consent_id: str = field(default_factory=ids.fresh)
    return_consent_id: str = field(default_factory=ids.fresh)

    @property
    def partition(self) -> int:
        return partition_of(self.referral_id, PARTITIONS)


def now() -> datetime:
    """In whole milliseconds, as Avro keeps it."""
    at = datetime.now(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def part() -> SealedPart:
    return SealedPart(lock=os.urandom(120), ciphertext=os.urandom(200))


OPENER_KINDS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        ReferralOffered,
        DocumentSent,
        EmergencyRequested,
        ResourceRequested,
        TipReported,
        ScreeningCompleted,
        WithdrawalAsked,
    )
}
"""The events that open a referral, by name."""


def offered(case: Case, **changes: Any) -> ReferralOffered:
    made: ReferralOffered = opening(case, "ReferralOffered", **changes)
    return made


def opening(case: Case, kind: str, **changes: Any) -> Any:
    """An event of `kind`, one of those that open a referral."""
    made = OPENER_KINDS[kind](
        **_forth(case),
        consent_id=case.consent_id,
        return_consent_id=case.return_consent_id,
        urgency="routine",
        parts=[part()],
    )
    return replace(made, **changes)


def document_answered(case: Case, **changes: Any) -> DocumentAnswered:
    made = DocumentAnswered(
        **_back(case), consent_id=case.return_consent_id, document_event_id=ids.fresh(), parts=[part()]
    )
    return replace(made, **changes)


def received(case: Case, **changes: Any) -> ServiceStatusChanged:
    return status(case, "received", **changes)


def status(case: Case, state: Any, **changes: Any) -> ServiceStatusChanged:
    return replace(
        ServiceStatusChanged(**_back(case), consent_id=case.return_consent_id, state=state, parts=[]),
        **changes,
    )


def answered(case: Case, answer: Any = "accepted", **changes: Any) -> ReferralAnswered:
    return replace(
        ReferralAnswered(**_back(case), consent_id=case.return_consent_id, answer=answer, parts=[part()]),
        **changes,
    )


def disclosed(case: Case, **changes: Any) -> ReferralDisclosed:
    return replace(ReferralDisclosed(**_forth(case), consent_id=case.consent_id, parts=[part()]), **changes)


def cancelled(case: Case, **changes: Any) -> ReferralCancelled:
    return replace(
        ReferralCancelled(**_forth(case), consent_id=case.consent_id, cancellation="cancelled"), **changes
    )


def purged(case: Case, **changes: Any) -> PurgeAnswered:
    return replace(PurgeAnswered(**_back(case), consent_id=case.consent_id, purge="purged"), **changes)


def given(case: Case, ends_at: datetime | None = None) -> list[ConsentGiven]:
    """Both consents, as the ledger gives them."""
    ends = ends_at or now() + timedelta(days=30)
    return [
        ConsentGiven(**_of(giver, taker, case), consent_id=consent_id, ends_at=ends)
        for consent_id, giver, taker in _directions(case)
    ]


def grounds(case: Case, ends_at: datetime | None = None) -> list[GroundRecorded]:
    """A ground and its way back in place of the consents, as the ledger records them."""
    return [GroundRecorded(**_of(g, t, case), consent_id=c, ends_at=ends_at) for c, g, t in _directions(case)]


def withdrawn(case: Case) -> list[ConsentWithdrawn]:
    """The end of both."""
    return [ConsentWithdrawn(**_of(g, t, case), consent_id=c) for c, g, t in _directions(case)]


def expired(case: Case) -> list[ConsentExpired]:
    """The end of both by their date."""
    return [ConsentExpired(**_of(g, t, case), consent_id=c) for c, g, t in _directions(case)]


def safe_contact(case: Case, **changes: Any) -> SafeContactChanged:
    return replace(SafeContactChanged(**_forth(case), consent_id=case.consent_id, parts=[part()]), **changes)


def resync(who: Desk, since: datetime | None = None, **changes: Any) -> ResyncAsked:
    return replace(ResyncAsked(**_about_nobody(who, "referral_router"), since=since), **changes)


def reported(who: Desk, kind: str, to: str, **changes: Any) -> Any:
    """An event of `kind` that is about nobody, from `who` to the programme `to`."""
    make, fields = _REPORTS[kind]
    own = {"programme_id": who.programme} if kind == "CapacityReported" else {}
    return replace(make(**_about_nobody(who, to), **own, **fields), **changes)


_AT = datetime(2030, 1, 15, 8, tzinfo=UTC)
_REPORTS: dict[str, tuple[Any, dict[str, Any]]] = {
    "CapacityReported": (
        CapacityReported,
        {"capacity": "capacity", "accessible": True, "languages": ["es"], "as_of": _AT, "valid_until": _AT},
    ),
    "CountsReported": (
        CountsReported,
        {"measure": "clients", "period_from": _AT, "period_to": _AT, "cells": []},
    ),
    "TrainingCompleted": (
        TrainingCompleted,
        {"course": "c1", "audience": "law_enforcement", "region": "r", "people": 12, "completed_at": _AT},
    ),
    "CommentReceived": (
        CommentReceived,
        {"comment_id": ids.fresh(), "section": "s1", "position": "supports", "received_at": _AT},
    ),
    "PlanActionReported": (PlanActionReported, {"action": "a1", "standing": "under_way", "as_of": _AT}),
    "QuestionAsked": (QuestionAsked, {"about_referral": ids.fresh(), "question": "check_on_me"}),
    "FeedbackGiven": (FeedbackGiven, {"about": "safe", "answer": "yes", "service": None}),
}


def _about_nobody(who: Desk, to: str) -> dict[str, Any]:
    return {
        "event_id": ids.fresh(),
        "occurred_at": now(),
        "programme_from": who.programme,
        "programme_to": to,
    }


def _directions(case: Case) -> list[tuple[str, Desk, Desk]]:
    return [
        (case.consent_id, case.sender, case.recipient),
        (case.return_consent_id, case.recipient, case.sender),
    ]


def _forth(case: Case) -> dict[str, Any]:
    return _of(case.sender, case.recipient, case)


def _back(case: Case) -> dict[str, Any]:
    return _of(case.recipient, case.sender, case)


def _of(giver: Desk, taker: Desk, case: Case) -> dict[str, Any]:
    return {
        "event_id": ids.fresh(),
        "occurred_at": now(),
        "programme_from": giver.programme,
        "programme_to": taker.programme,
        "referral_id": case.referral_id,
    }
