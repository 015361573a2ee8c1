"""What a mapping may decide that its participant says to the exchange. Pure."""

from dataclasses import dataclass
from datetime import datetime

from participant_edge.commands import (
    Answer,
    ConsentDraft,
    PartRecord,
    Purge,
    ServiceState,
    ServiceSubState,
    Urgency,
)
from referral_exchange.events import Needs, StatusDetail


@dataclass(frozen=True, slots=True, repr=False)
class AnswerOffer:
    """Accept or decline. `reason`: a code of answer_reasons."""

    referral_id: str
    answer: Answer
    reason: str


@dataclass(frozen=True, slots=True, repr=False)
class ReportStatus:
    """How the service goes."""

    referral_id: str
    state: ServiceState
    sub_state: ServiceSubState | None
    detail: StatusDetail | None


@dataclass(frozen=True, slots=True)
class AnswerPurge:
    """What became of what was opened."""

    referral_id: str
    purge: Purge


@dataclass(frozen=True, slots=True, repr=False)
class HandOver:
    """Disclose these parts to the programme that accepted."""

    referral_id: str
    parts: tuple[PartRecord, ...]


@dataclass(frozen=True, slots=True, repr=False)
class MakeOffer:
    """Record this consent and offer these needs under it.

    `consent_key` names the signed form with its version, and what it was referred to by; `person` whom the
    agency system knows under that name.
    """

    person: str

    consent: ConsentDraft
    consent_key: str
    urgency: Urgency
    answer_by: datetime | None
    needs: Needs


Said = AnswerOffer | ReportStatus | AnswerPurge | HandOver
"""What is said about a referral that exists."""
