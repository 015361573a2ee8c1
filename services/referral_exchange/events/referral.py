"""Events of the family referral. Generated from schemas/ by `make generate`; do not edit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal, Self

from referral_exchange.events.shared import SealedPart

Answer = Literal["unspecified", "accepted", "declined"]
Cancellation = Literal["unspecified", "cancelled", "entered_in_error"]
Urgency = Literal["unspecified", "routine", "urgent", "emergency"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralAnswered:
    """The asked programme accepts or declines. Names the return consent."""

    RECORD: ClassVar[str] = "ReferralAnswered.v1"
    event_id: str
    occurred_at: datetime
    programme_from: str
    programme_to: str
    referral_id: str
    consent_id: str
    answer: Answer
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
            "answer": self.answer,
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
            answer=datum["answer"],
            parts=[SealedPart.from_datum(item) for item in datum["parts"]],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralCancelled:
    """The sender takes the referral back. Names its consent even if ended."""

    RECORD: ClassVar[str] = "ReferralCancelled.v1"
    event_id: str
    occurred_at: datetime
    programme_from: str
    programme_to: str
    referral_id: str
    consent_id: str
    cancellation: Cancellation

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "event_id": self.event_id,
            "occurred_at": self.occurred_at,
            "programme_from": self.programme_from,
            "programme_to": self.programme_to,
            "referral_id": self.referral_id,
            "consent_id": self.consent_id,
            "cancellation": self.cancellation,
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
            cancellation=datum["cancellation"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralDisclosed:
    """The caseworker hands the identity and what goes with it to the programme that was picked."""

    RECORD: ClassVar[str] = "ReferralDisclosed.v1"
    event_id: str
    occurred_at: datetime
    programme_from: str
    programme_to: str
    referral_id: str
    consent_id: str
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
            parts=[SealedPart.from_datum(item) for item in datum["parts"]],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralOffered:
    """A need is offered to one programme, without identity. Starts the referral."""

    RECORD: ClassVar[str] = "ReferralOffered.v1"
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
