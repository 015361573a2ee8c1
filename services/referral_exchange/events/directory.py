"""Events of the family directory. Generated from schemas/ by `make generate`; do not edit."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal, Self

Capacity = Literal["unspecified", "no_capacity", "capacity", "waitlist", "additional_assessment_required"]
ParticipantKind = Literal[
    "unspecified",
    "ngo",
    "federal_agency",
    "state_agency",
    "tribal_nation",
    "territorial_agency",
    "local_agency",
    "exchange_service",
]
ParticipantStanding = Literal["unspecified", "enrolled", "paused", "expelled"]
ProgrammeRole = Literal["unspecified", "assistance", "enforcement", "exchange_service"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityReported:
    """Whether a programme has room. Never concerns a person."""

    RECORD: ClassVar[str] = "CapacityReported.v2"
    event_id: str
    occurred_at: datetime
    programme_id: str
    capacity: Capacity
    room: int | None = None
    household_size: int | None = None
    accessible: bool
    languages: list[str]
    as_of: datetime
    valid_until: datetime
    programme_from: str = ""
    programme_to: str = ""

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "event_id": self.event_id,
            "occurred_at": self.occurred_at,
            "programme_id": self.programme_id,
            "capacity": self.capacity,
            "room": self.room,
            "household_size": self.household_size,
            "accessible": self.accessible,
            "languages": self.languages,
            "as_of": self.as_of,
            "valid_until": self.valid_until,
            "programme_from": self.programme_from,
            "programme_to": self.programme_to,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            event_id=datum["event_id"],
            occurred_at=datum["occurred_at"],
            programme_id=datum["programme_id"],
            capacity=datum["capacity"],
            room=datum["room"],
            household_size=datum["household_size"],
            accessible=datum["accessible"],
            languages=datum["languages"],
            as_of=datum["as_of"],
            valid_until=datum["valid_until"],
            programme_from=datum["programme_from"],
            programme_to=datum["programme_to"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantListed:
    """An organisation that joined the exchange."""

    RECORD: ClassVar[str] = "ParticipantListed.v2"
    event_id: str
    occurred_at: datetime
    participant_id: str
    name: str
    kind: ParticipantKind
    standing: ParticipantStanding = "enrolled"

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "event_id": self.event_id,
            "occurred_at": self.occurred_at,
            "participant_id": self.participant_id,
            "name": self.name,
            "kind": self.kind,
            "standing": self.standing,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            event_id=datum["event_id"],
            occurred_at=datum["occurred_at"],
            participant_id=datum["participant_id"],
            name=datum["name"],
            kind=datum["kind"],
            standing=datum["standing"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeListed:
    """What receives a referral: one purpose and role of a participant, with its keys and law profile. No address, phone or coordinates."""

    RECORD: ClassVar[str] = "ProgrammeListed.v2"
    event_id: str
    occurred_at: datetime
    programme_id: str
    participant_id: str
    name: str
    confidential: bool
    role: ProgrammeRole
    funding_streams: list[str]
    services: list[str]
    languages: list[str]
    region: str
    age_bands: list[str]
    signing_key: bytes
    sealing_key: bytes | None = None
    key_id: str
    access: list[str] = field(default_factory=list)
    previous_key_id: str | None = None
    previous_key_signature: bytes | None = None

    def to_datum(self) -> dict[str, Any]:
        """The value as fastavro writes it."""
        return {
            "event_id": self.event_id,
            "occurred_at": self.occurred_at,
            "programme_id": self.programme_id,
            "participant_id": self.participant_id,
            "name": self.name,
            "confidential": self.confidential,
            "role": self.role,
            "funding_streams": self.funding_streams,
            "services": self.services,
            "languages": self.languages,
            "region": self.region,
            "age_bands": self.age_bands,
            "signing_key": self.signing_key,
            "sealing_key": self.sealing_key,
            "key_id": self.key_id,
            "access": self.access,
            "previous_key_id": self.previous_key_id,
            "previous_key_signature": self.previous_key_signature,
        }

    @classmethod
    def from_datum(cls, datum: dict[str, Any]) -> Self:
        """The event that fastavro read."""
        return cls(
            event_id=datum["event_id"],
            occurred_at=datum["occurred_at"],
            programme_id=datum["programme_id"],
            participant_id=datum["participant_id"],
            name=datum["name"],
            confidential=datum["confidential"],
            role=datum["role"],
            funding_streams=datum["funding_streams"],
            services=datum["services"],
            languages=datum["languages"],
            region=datum["region"],
            age_bands=datum["age_bands"],
            signing_key=datum["signing_key"],
            sealing_key=datum["sealing_key"],
            key_id=datum["key_id"],
            access=datum["access"],
            previous_key_id=datum["previous_key_id"],
            previous_key_signature=datum["previous_key_signature"],
        )
