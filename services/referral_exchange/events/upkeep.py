"""Events of the family upkeep. Generated from schemas/ by `make generate`; do not edit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal, Self

from referral_exchange.events.shared import SealedPart

Question = Literal[
    "unspecified", "check_on_me", "who_is_this", "why_this", "what_was_seen", "please_reach_me"
]
Urgency = Literal["unspecified", "routine", "urgent", "emergency"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BadMessageReported:
    """An edge could not accept a message of its inbox. A pointer and a code, never bytes or text."""

    RECORD: ClassVar[str] = "BadMessageReported.v1"
    event_id: str
    occurred_at: datetime
    programme_from: str
    programme_to: str
    partition: int
    offset: int
    code: str

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "event_id": self.event_id,
            "occurred_at": self.occurred_at,
            "programme_from": self.programme_from,
            "programme_to": self.programme_to,
            "partition": self.partition,
            "offset": self.offset,
            "code": self.code,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            event_id=datum["event_id"],
            occurred_at=datum["occurred_at"],
            programme_from=datum["programme_from"],
            programme_to=datum["programme_to"],
            partition=datum["partition"],
            offset=datum["offset"],
            code=datum["code"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockElapsed:
    """A clock of a referral ran out. Made by the router; its id derives from referral, clock and due time."""

    RECORD: ClassVar[str] = "ClockElapsed.v1"
    event_id: str
    occurred_at: datetime
    programme_from: str
    programme_to: str
    referral_id: str
    clock: str
    due_at: datetime

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "event_id": self.event_id,
            "occurred_at": self.occurred_at,
            "programme_from": self.programme_from,
            "programme_to": self.programme_to,
            "referral_id": self.referral_id,
            "clock": self.clock,
            "due_at": self.due_at,
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
            clock=datum["clock"],
            due_at=datum["due_at"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRefused:
    """Tells the sender that its event was refused, and why in a code. Made by the router."""

    RECORD: ClassVar[str] = "EventRefused.v1"
    event_id: str
    occurred_at: datetime
    programme_from: str
    programme_to: str
    referral_id: str | None = None
    refused_event_id: str
    code: str

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "event_id": self.event_id,
            "occurred_at": self.occurred_at,
            "programme_from": self.programme_from,
            "programme_to": self.programme_to,
            "referral_id": self.referral_id,
            "refused_event_id": self.refused_event_id,
            "code": self.code,
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
            refused_event_id=datum["refused_event_id"],
            code=datum["code"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionAsked:
    """What a person asks of the programme that sent a referral for them, on their own page, in a code. Only the survivor's page says it, and only to that programme."""

    RECORD: ClassVar[str] = "QuestionAsked.v1"
    event_id: str
    occurred_at: datetime
    programme_from: str
    programme_to: str
    about_referral: str
    question: Question

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "event_id": self.event_id,
            "occurred_at": self.occurred_at,
            "programme_from": self.programme_from,
            "programme_to": self.programme_to,
            "about_referral": self.about_referral,
            "question": self.question,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            event_id=datum["event_id"],
            occurred_at=datum["occurred_at"],
            programme_from=datum["programme_from"],
            programme_to=datum["programme_to"],
            about_referral=datum["about_referral"],
            question=datum["question"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ResyncAsked:
    """An edge lost its disk: the router sends its open referrals again."""

    RECORD: ClassVar[str] = "ResyncAsked.v1"
    event_id: str
    occurred_at: datetime
    programme_from: str
    programme_to: str
    since: datetime | None = None

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "event_id": self.event_id,
            "occurred_at": self.occurred_at,
            "programme_from": self.programme_from,
            "programme_to": self.programme_to,
            "since": self.since,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            event_id=datum["event_id"],
            occurred_at=datum["occurred_at"],
            programme_from=datum["programme_from"],
            programme_to=datum["programme_to"],
            since=datum["since"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalAsked:
    """Somebody takes a consent back at another desk than the one that gave it: who it is, sealed for the discloser, under a ground of its own."""

    RECORD: ClassVar[str] = "WithdrawalAsked.v1"
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
