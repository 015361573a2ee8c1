"""What a caller hands to the edge, and what it gets back. Wire form throughout: `in_progress`, UTC times."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from referral_exchange import events
from referral_exchange.events.consent import Purge
from referral_exchange.events.referral import Answer, Cancellation, Urgency
from referral_exchange.events.service_status import ServiceState, ServiceSubState

SignerRole = Literal["self", "parent", "guardian"]
PartRecord = events.Identity | events.Immigration | events.Location | events.Needs | events.SafeContact
"""A plaintext part that a caseworker may disclose."""

OpenRecord = PartRecord | events.AnswerReason | events.StatusDetail
"""A plaintext part that may come out of an opening."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ConsentDraft:
    """A signed consent form, as the caseworker took it. The edge adds the ids; nothing is preselected."""

    programme_from: str
    recipient: str
    purpose: str
    data_classes: tuple[str, ...]
    comes_back: tuple[str, ...]
    language: str
    signer_role: SignerRole
    signer_is_abuser: bool
    subject_is_minor: bool
    minor_may_sign_alone: bool
    minor_signed: bool
    services_conditioned: bool
    form_commitment: bytes
    explained_at: datetime
    signed_at: datetime
    ends_at: datetime
    funding_streams: tuple[str, ...] = ()
    subject_token: str | None = None
    """None: a person not seen before; the edge makes a random one and returns it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenConsent:
    """A consent that stands at the ledger and whose `ConsentGiven` the broker has."""

    consent_id: str
    return_consent_id: str
    referral_id: str
    subject_token: str
    ends_at: datetime

    def __repr__(self) -> str:
        """Its id only: the subject token stays out of logs."""
        return f"GivenConsent({self.consent_id})"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class OfferDraft:
    """Needs to offer to the recipient of `consent_id`. `needs` is sealed before it leaves."""

    consent_id: str
    urgency: Urgency
    answer_by: datetime | None
    needs: events.Needs


@dataclass(frozen=True, slots=True)
class Receipt:
    """The broker has the event. The same command id always gets the same receipt."""

    event_id: str
    referral_id: str


__all__ = [
    "Answer",
    "Cancellation",
    "ConsentDraft",
    "GivenConsent",
    "OfferDraft",
    "OpenRecord",
    "PartRecord",
    "Purge",
    "Receipt",
    "ServiceState",
    "ServiceSubState",
    "SignerRole",
    "Urgency",
]
