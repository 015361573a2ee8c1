"""Events of the family routing. Generated from schemas/ by `make generate`; do not edit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal, Self

Standing = Literal["unspecified", "live", "withdrawn", "expired"]
HowClosed = Literal["unspecified", "replayed", "dropped", "gone"]
Urgency = Literal["unspecified", "routine", "urgent", "emergency"]
Purge = Literal["unspecified", "purged", "legal_hold"]
ReferralState = Literal[
    "unspecified",
    "consented",
    "requested",
    "received",
    "accepted",
    "rejected",
    "cancelled",
    "in_progress",
    "on_hold",
    "completed",
    "failed",
    "entered_in_error",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentHeld:
    """A consent as the router knows it."""

    consent_id: str
    programme_from: str
    programme_to: str
    ends_at: datetime | None = None
    standing: Standing
    ended_offset: int | None = None

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "consent_id": self.consent_id,
            "programme_from": self.programme_from,
            "programme_to": self.programme_to,
            "ends_at": self.ends_at,
            "standing": self.standing,
            "ended_offset": self.ended_offset,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            consent_id=datum["consent_id"],
            programme_from=datum["programme_from"],
            programme_to=datum["programme_to"],
            ends_at=datum["ends_at"],
            standing=datum["standing"],
            ended_offset=datum["ended_offset"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A due time the router watches."""

    name: str
    due_at: datetime
    elapsed: bool

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {"name": self.name, "due_at": self.due_at, "elapsed": self.elapsed}

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(name=datum["name"], due_at=datum["due_at"], elapsed=datum["elapsed"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one event, so that a repeat gets the same answer."""

    participant: str
    event_id: str
    offset: int
    code: str
    fingerprint: int = 0

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "participant": self.participant,
            "event_id": self.event_id,
            "offset": self.offset,
            "code": self.code,
            "fingerprint": self.fingerprint,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            participant=datum["participant"],
            event_id=datum["event_id"],
            offset=datum["offset"],
            code=datum["code"],
            fingerprint=datum["fingerprint"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageQuarantined:
    """A message that could not be read. A pointer and a class, never bytes or text."""

    RECORD: ClassVar[str] = "MessageQuarantined.v1"
    event_id: str
    occurred_at: datetime
    topic: str
    partition: int
    offset: int
    code: str

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "event_id": self.event_id,
            "occurred_at": self.occurred_at,
            "topic": self.topic,
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
            topic=datum["topic"],
            partition=datum["partition"],
            offset=datum["offset"],
            code=datum["code"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineClosed:
    """A quarantined message needs nothing more."""

    RECORD: ClassVar[str] = "QuarantineClosed.v1"
    event_id: str
    occurred_at: datetime
    topic: str
    partition: int
    offset: int
    how: HowClosed

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "event_id": self.event_id,
            "occurred_at": self.occurred_at,
            "topic": self.topic,
            "partition": self.partition,
            "offset": self.offset,
            "how": self.how,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            event_id=datum["event_id"],
            occurred_at=datum["occurred_at"],
            topic=datum["topic"],
            partition=datum["partition"],
            offset=datum["offset"],
            how=datum["how"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralProgressed:
    """One step of a referral, for the operators' views. Routing fields only."""

    RECORD: ClassVar[str] = "ReferralProgressed.v2"
    event_id: str
    occurred_at: datetime
    referral_id: str
    programme_from: str
    programme_to: str
    step: str
    step_event_id: str
    state: str
    sub_state: str | None = None
    urgency: Urgency
    due_at: datetime | None = None
    clock: str | None = None
    trace_id: str | None = None
    received_at: datetime | None = None
    purge: Purge | None = None

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "event_id": self.event_id,
            "occurred_at": self.occurred_at,
            "referral_id": self.referral_id,
            "programme_from": self.programme_from,
            "programme_to": self.programme_to,
            "step": self.step,
            "step_event_id": self.step_event_id,
            "state": self.state,
            "sub_state": self.sub_state,
            "urgency": self.urgency,
            "due_at": self.due_at,
            "clock": self.clock,
            "trace_id": self.trace_id,
            "received_at": self.received_at,
            "purge": self.purge,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            event_id=datum["event_id"],
            occurred_at=datum["occurred_at"],
            referral_id=datum["referral_id"],
            programme_from=datum["programme_from"],
            programme_to=datum["programme_to"],
            step=datum["step"],
            step_event_id=datum["step_event_id"],
            state=datum["state"],
            sub_state=datum["sub_state"],
            urgency=datum["urgency"],
            due_at=datum["due_at"],
            clock=datum["clock"],
            trace_id=datum["trace_id"],
            received_at=datum["received_at"],
            purge=datum["purge"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralRecord:
    """All the router keeps of one referral. Compacted; the restore reads it and decides nothing again."""

    RECORD: ClassVar[str] = "ReferralRecord.v1"
    referral_id: str
    programme_from: str | None = None
    programme_to: str | None = None
    state: ReferralState
    sub_state: str | None = None
    urgency: Urgency
    consents: list[ConsentHeld]
    clocks: list[Clock]
    verdicts: list[Verdict]
    trace_id: str | None = None
    updated_at: datetime
    closed_at: datetime | None = None

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "referral_id": self.referral_id,
            "programme_from": self.programme_from,
            "programme_to": self.programme_to,
            "state": self.state,
            "sub_state": self.sub_state,
            "urgency": self.urgency,
            "consents": [item.to_datum() for item in self.consents],
            "clocks": [item.to_datum() for item in self.clocks],
            "verdicts": [item.to_datum() for item in self.verdicts],
            "trace_id": self.trace_id,
            "updated_at": self.updated_at,
            "closed_at": self.closed_at,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            referral_id=datum["referral_id"],
            programme_from=datum["programme_from"],
            programme_to=datum["programme_to"],
            state=datum["state"],
            sub_state=datum["sub_state"],
            urgency=datum["urgency"],
            consents=[ConsentHeld.from_datum(item) for item in datum["consents"]],
            clocks=[Clock.from_datum(item) for item in datum["clocks"]],
            verdicts=[Verdict.from_datum(item) for item in datum["verdicts"]],
            trace_id=datum["trace_id"],
            updated_at=datum["updated_at"],
            closed_at=datum["closed_at"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayAsked:
    """An operator asks for a quarantined message to be read again, after what was wrong is mended."""

    RECORD: ClassVar[str] = "ReplayAsked.v1"
    event_id: str
    occurred_at: datetime
    topic: str
    partition: int
    offset: int

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "event_id": self.event_id,
            "occurred_at": self.occurred_at,
            "topic": self.topic,
            "partition": self.partition,
            "offset": self.offset,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            event_id=datum["event_id"],
            occurred_at=datum["occurred_at"],
            topic=datum["topic"],
            partition=datum["partition"],
            offset=datum["offset"],
        )
