"""Events of the family service-status. Generated from schemas/ by `make generate`; do not edit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal, Self

from referral_exchange.events.shared import SealedPart

ServiceState = Literal["unspecified", "received", "in_progress", "on_hold", "completed", "failed"]
ServiceSubState = Literal[
    "unspecified", "scheduled", "unattended", "event_cancelled", "event_completed", "interim_communicated"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStatusChanged:
    """The recipient says how the service goes: FHIR Task state and BSeR sub-state. Names the return consent."""

    RECORD: ClassVar[str] = "ServiceStatusChanged.v1"
    event_id: str
    occurred_at: datetime
    programme_from: str
    programme_to: str
    referral_id: str
    consent_id: str
    state: ServiceState
    sub_state: ServiceSubState | None = None
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
            "state": self.state,
            "sub_state": self.sub_state,
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
            state=datum["state"],
            sub_state=datum["sub_state"],
            parts=[SealedPart.from_datum(item) for item in datum["parts"]],
        )
