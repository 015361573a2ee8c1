"""Two invented programmes, one referral between them, and every event that can be said about it."""

import os
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from referral_exchange import ids
from referral_exchange.events import (
    ConsentExpired,
    ConsentGiven,
    ConsentWithdrawn,
    PurgeAnswered,
    ReferralAnswered,
    ReferralCancelled,
    ReferralDisclosed,
    ReferralOffered,
    SafeContactChanged,
    SealedPart,
    ServiceStatusChanged,
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


def desk(participant: str) -> Desk:
    """The participant, with one programme named after it."""
    return Desk(participant, ProgrammeSigner(f"{participant}-desk", "1", Ed25519PrivateKey.generate()))


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


def offered(case: Case, **changes: Any) -> ReferralOffered:
    return replace(
        ReferralOffered(
            **_forth(case),
            consent_id=case.consent_id,
            return_consent_id=case.return_consent_id,
            urgency="routine",
            parts=[part()],
        ),
        **changes,
    )


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


def withdrawn(case: Case) -> list[ConsentWithdrawn]:
    """The end of both."""
    return [ConsentWithdrawn(**_of(g, t, case), consent_id=c) for c, g, t in _directions(case)]


def expired(case: Case) -> list[ConsentExpired]:
    """The end of both by their date."""
    return [ConsentExpired(**_of(g, t, case), consent_id=c) for c, g, t in _directions(case)]


def safe_contact(case: Case, **changes: Any) -> SafeContactChanged:
    return replace(SafeContactChanged(**_forth(case), consent_id=case.consent_id, parts=[part()]), **changes)


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
