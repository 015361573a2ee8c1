"""Events of the family consent. Generated from schemas/ by `make generate`; do not edit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal, Self

from referral_exchange.events.shared import SealedPart

Ending = Literal["unspecified", "withdrawn", "expired"]
Purge = Literal["unspecified", "purged", "legal_hold"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEnded:
    """Tells a programme that a consent ended. Made by the router; proves itself by the ledger's own bytes."""

    RECORD: ClassVar[str] = "ConsentEnded.v1"
    event_id: str
    occurred_at: datetime
    programme_from: str
    programme_to: str
    referral_id: str
    consent_id: str
    ending: Ending
    ledger_type: str
    ledger_event: bytes
    ledger_signature: bytes
    ledger_key_id: str

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "event_id": self.event_id,
            "occurred_at": self.occurred_at,
            "programme_from": self.programme_from,
            "programme_to": self.programme_to,
            "referral_id": self.referral_id,
            "consent_id": self.consent_id,
            "ending": self.ending,
            "ledger_type": self.ledger_type,
            "ledger_event": self.ledger_event,
            "ledger_signature": self.ledger_signature,
            "ledger_key_id": self.ledger_key_id,
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
            ending=datum["ending"],
            ledger_type=datum["ledger_type"],
            ledger_event=datum["ledger_event"],
            ledger_signature=datum["ledger_signature"],
            ledger_key_id=datum["ledger_key_id"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentExpired:
    """The consent reached its end date."""

    RECORD: ClassVar[str] = "ConsentExpired.v1"
    event_id: str
    occurred_at: datetime
    programme_from: str
    programme_to: str
    referral_id: str
    consent_id: str

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "event_id": self.event_id,
            "occurred_at": self.occurred_at,
            "programme_from": self.programme_from,
            "programme_to": self.programme_to,
            "referral_id": self.referral_id,
            "consent_id": self.consent_id,
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
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGiven:
    """The ledger holds a live consent from one discloser to one recipient programme. Classes stay in the ledger."""

    RECORD: ClassVar[str] = "ConsentGiven.v1"
    event_id: str
    occurred_at: datetime
    programme_from: str
    programme_to: str
    referral_id: str
    consent_id: str
    ends_at: datetime

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "event_id": self.event_id,
            "occurred_at": self.occurred_at,
            "programme_from": self.programme_from,
            "programme_to": self.programme_to,
            "referral_id": self.referral_id,
            "consent_id": self.consent_id,
            "ends_at": self.ends_at,
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
            ends_at=datum["ends_at"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWithdrawn:
    """The consent was withdrawn and its keys destroyed."""

    RECORD: ClassVar[str] = "ConsentWithdrawn.v1"
    event_id: str
    occurred_at: datetime
    programme_from: str
    programme_to: str
    referral_id: str
    consent_id: str

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "event_id": self.event_id,
            "occurred_at": self.occurred_at,
            "programme_from": self.programme_from,
            "programme_to": self.programme_to,
            "referral_id": self.referral_id,
            "consent_id": self.consent_id,
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
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundRecorded:
    """A legal ground stands in place of a consent. Statute and jurisdiction stay in the ledger."""

    RECORD: ClassVar[str] = "GroundRecorded.v1"
    event_id: str
    occurred_at: datetime
    programme_from: str
    programme_to: str
    referral_id: str
    consent_id: str
    ends_at: datetime | None = None

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "event_id": self.event_id,
            "occurred_at": self.occurred_at,
            "programme_from": self.programme_from,
            "programme_to": self.programme_to,
            "referral_id": self.referral_id,
            "consent_id": self.consent_id,
            "ends_at": self.ends_at,
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
            ends_at=datum["ends_at"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeAnswered:
    """A recipient says what became of what it had opened. Names the ended consent."""

    RECORD: ClassVar[str] = "PurgeAnswered.v1"
    event_id: str
    occurred_at: datetime
    programme_from: str
    programme_to: str
    referral_id: str
    consent_id: str
    purge: Purge

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "event_id": self.event_id,
            "occurred_at": self.occurred_at,
            "programme_from": self.programme_from,
            "programme_to": self.programme_to,
            "referral_id": self.referral_id,
            "consent_id": self.consent_id,
            "purge": self.purge,
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
            purge=datum["purge"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeContactChanged:
    """How the person may be reached has changed; overtakes everything else."""

    RECORD: ClassVar[str] = "SafeContactChanged.v1"
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
