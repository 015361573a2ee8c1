"""Events of the family intake. Generated from schemas/ by `make generate`; do not edit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal, Self

from referral_exchange.events.shared import SealedPart

Urgency = Literal["unspecified", "routine", "urgent", "emergency"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyRequested:
    """Shelter, extraction or transport is needed at once. Starts a record like an offer."""

    RECORD: ClassVar[str] = "EmergencyRequested.v1"
    event_id: str
    occurred_at: datetime
    programme_from: str
    programme_to: str
    referral_id: str
    consent_id: str
    return_consent_id: str
    urgency: Urgency
    answer_by: datetime | None = None
    parts: list[SealedPart]

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "event_id": self.event_id,
            "occurred_at": self.occurred_at,
            "programme_from": self.programme_from,
            "programme_to": self.programme_to,
            "referral_id": self.referral_id,
            "consent_id": self.consent_id,
            "return_consent_id": self.return_consent_id,
            "urgency": self.urgency,
            "answer_by": self.answer_by,
            "parts": [item.to_datum() for item in self.parts],
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            event_id=datum["event_id"],
            occurred_at=datum["occurred_at"],
            programme_from=datum["programme_from"],
            programme_to=datum["programme_to"],
            referral_id=datum["referral_id"],
            consent_id=datum["consent_id"],
            return_consent_id=datum["return_consent_id"],
            urgency=datum["urgency"],
            answer_by=datum["answer_by"],
            parts=[SealedPart.from_datum(item) for item in datum["parts"]],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRequested:
    """A resource, a referral or training is asked for. Starts a record like an offer."""

    RECORD: ClassVar[str] = "ResourceRequested.v1"
    event_id: str
    occurred_at: datetime
    programme_from: str
    programme_to: str
    referral_id: str
    consent_id: str
    return_consent_id: str
    urgency: Urgency
    answer_by: datetime | None = None
    parts: list[SealedPart]

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "event_id": self.event_id,
            "occurred_at": self.occurred_at,
            "programme_from": self.programme_from,
            "programme_to": self.programme_to,
            "referral_id": self.referral_id,
            "consent_id": self.consent_id,
            "return_consent_id": self.return_consent_id,
            "urgency": self.urgency,
            "answer_by": self.answer_by,
            "parts": [item.to_datum() for item in self.parts],
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            event_id=datum["event_id"],
            occurred_at=datum["occurred_at"],
            programme_from=datum["programme_from"],
            programme_to=datum["programme_to"],
            referral_id=datum["referral_id"],
            consent_id=datum["consent_id"],
            return_consent_id=datum["return_consent_id"],
            urgency=datum["urgency"],
            answer_by=datum["answer_by"],
            parts=[SealedPart.from_datum(item) for item in datum["parts"]],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreeningCompleted:
    """A screening was done: tool, version and band, sealed; never the answers. Starts a record like an offer, or adds to one."""

    RECORD: ClassVar[str] = "ScreeningCompleted.v1"
    event_id: str
    occurred_at: datetime
    programme_from: str
    programme_to: str
    referral_id: str
    consent_id: str
    return_consent_id: str
    urgency: Urgency
    answer_by: datetime | None = None
    parts: list[SealedPart]

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "event_id": self.event_id,
            "occurred_at": self.occurred_at,
            "programme_from": self.programme_from,
            "programme_to": self.programme_to,
            "referral_id": self.referral_id,
            "consent_id": self.consent_id,
            "return_consent_id": self.return_consent_id,
            "urgency": self.urgency,
            "answer_by": self.answer_by,
            "parts": [item.to_datum() for item in self.parts],
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            event_id=datum["event_id"],
            occurred_at=datum["occurred_at"],
            programme_from=datum["programme_from"],
            programme_to=datum["programme_to"],
            referral_id=datum["referral_id"],
            consent_id=datum["consent_id"],
            return_consent_id=datum["return_consent_id"],
            urgency=datum["urgency"],
            answer_by=datum["answer_by"],
            parts=[SealedPart.from_datum(item) for item in datum["parts"]],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TipReported:
    """A third party tells of a concern, under a ground of its own; never by itself about a caller. Starts a record like an offer."""

    RECORD: ClassVar[str] = "TipReported.v1"
    event_id: str
    occurred_at: datetime
    programme_from: str
    programme_to: str
    referral_id: str
    consent_id: str
    return_consent_id: str
    urgency: Urgency
    answer_by: datetime | None = None
    parts: list[SealedPart]

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "event_id": self.event_id,
            "occurred_at": self.occurred_at,
            "programme_from": self.programme_from,
            "programme_to": self.programme_to,
            "referral_id": self.referral_id,
            "consent_id": self.consent_id,
            "return_consent_id": self.return_consent_id,
            "urgency": self.urgency,
            "answer_by": self.answer_by,
            "parts": [item.to_datum() for item in self.parts],
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            event_id=datum["event_id"],
            occurred_at=datum["occurred_at"],
            programme_from=datum["programme_from"],
            programme_to=datum["programme_to"],
            referral_id=datum["referral_id"],
            consent_id=datum["consent_id"],
            return_consent_id=datum["return_consent_id"],
            urgency=datum["urgency"],
            answer_by=datum["answer_by"],
            parts=[SealedPart.from_datum(item) for item in datum["parts"]],
        )
