"""What a caller hands to the edge, and what it gets back. Wire form throughout: `in_progress`, UTC times."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from referral_exchange import events
from referral_exchange.events.consent import Purge
from referral_exchange.events.directory import Capacity
from referral_exchange.events.referral import Answer, Cancellation, Urgency
from referral_exchange.events.service_status import ServiceState, ServiceSubState

SignerRole = Literal["self", "parent", "guardian"]
PartRecord = (
    events.Access
    | events.Contact
    | events.CriminalLegal
    | events.Education
    | events.Employment
    | events.Family
    | events.Finances
    | events.Health
    | events.Identity
    | events.Immigration
    | events.Legal
    | events.Location
    | events.MentalHealth
    | events.Needs
    | events.OrientationGender
    | events.PsychotherapyNotes
    | events.SafeContact
    | events.SubstanceUse
    | events.Tribal
)
"""A plaintext part that a caseworker may disclose."""

FormRecord = (
    events.AddressConfidentialityFlag
    | events.CertificationLetter
    | events.ContinuedPresence
    | events.DvhtReferral
    | events.EligibilityLetter
    | events.HmisEvent
    | events.InterimAssistanceLetter
    | events.LetterVerificationAnswered
    | events.LetterVerificationAsked
    | events.MandatedReport
    | events.RequestForAssistance
    | events.RequestForCertification
    | events.SupplementB
    | events.VisaNotice
)
"""A form or letter, as plaintext."""

IntakeRecord = (
    events.HotlineRequest | events.Identity | events.ResourceNeeded | events.ScreeningResult | events.Tip
)
"""The one part of an intake event, as plaintext."""

OpenRecord = PartRecord | FormRecord | IntakeRecord | events.AnswerReason | events.StatusDetail
"""A plaintext part that may come out of an opening."""

OpenerKind = Literal[
    "EmergencyRequested", "ResourceRequested", "TipReported", "ScreeningCompleted", "WithdrawalAsked"
]
"""What opens a referral beside an offer and a document."""

GroundKind = Literal["mandated_report", "tip", "withdrawal", "compelled_release", "legal_hold"]
"""What a legal ground is for."""

CompelledBy = Literal["", "statute", "court_order", "subpoena"]
"""What compels a report or a release, or asks for a hold; empty: nothing does."""

ReportKind = Literal[
    "CapacityReported",
    "CountsReported",
    "TrainingCompleted",
    "FeedbackGiven",
    "CommentReceived",
    "PlanActionReported",
    "ResyncAsked",
    "QuestionAsked",
]
"""What an edge says that concerns no person."""


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
    intermediary_named: bool = False
    """The form names the exchange as intermediary (42 CFR Part 2)."""
    exception_1367: str = ""
    """The exception of 8 USC 1367(b) that the form invokes: waiver, benefits, victim-services."""
    official_class: str = ""
    """The class of official who invokes it: adjudicator, victim-assistance, sworn-officer."""
    subject_token: str | None = None
    """None: a person not seen before; the edge makes a random one and returns it."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class GivenConsent:
    """A consent that stands at the ledger and whose `ConsentGiven` the broker has."""

    consent_id: str
    return_consent_id: str
    referral_id: str
    subject_token: str
    """Empty for a ground."""
    ends_at: datetime
    """For a ground without a date of its own: the end of time, `datetime.max` in UTC."""

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


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class GroundDraft:
    """A legal ground that stands in place of a consent, with the fields that its statute asks for.

    `ends_at` None: it ends with the referral. Nobody can withdraw it. `statute` cites a law, or the rule that
    a court ordered under, and no docket number. `compelled_by` None: a statute, for a mandated report.
    """

    programme_from: str
    recipient: str
    kind: GroundKind
    statute: str
    jurisdiction: str
    data_classes: tuple[str, ...]
    ends_at: datetime | None = None
    compelled_by: CompelledBy | None = None
    notice_attempted: bool = False
    """The person was told of it, or it was tried."""

    @property
    def compulsion(self) -> CompelledBy:
        """What compels it, as far as is said."""
        if self.compelled_by is not None:
            return self.compelled_by
        return "statute" if self.kind == "mandated_report" else ""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DocumentDraft:
    """Forms for one programme: under a fresh consent or ground, or for a referral that is being served.

    Exactly one of `consent_id` and `referral_id` is given. `forms` are sealed before they leave.
    """

    consent_id: str | None = None
    referral_id: str | None = None
    urgency: Urgency
    answer_by: datetime | None
    forms: Sequence[FormRecord]


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityDraft:
    """Whether a programme has room. Never concerns a person; `room` and `household_size` None: not told."""

    capacity: Capacity
    room: int | None = None
    household_size: int | None = None
    accessible: bool
    languages: tuple[str, ...]
    as_of: datetime
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """The broker has the event. The same command id always gets the same receipt."""

    event_id: str
    referral_id: str = ""
    """Empty for what concerns no referral."""


@dataclass(frozen=True, slots=True)
class Pick:
    """What the person picked among several acceptances, and the referrals that were taken back for it."""

    referral_id: str
    cancelled: tuple[str, ...]


__all__ = [
    "Answer",
    "Cancellation",
    "Capacity",
    "CapacityDraft",
    "CompelledBy",
    "ConsentDraft",
    "DocumentDraft",
    "FormRecord",
    "GivenConsent",
    "GroundDraft",
    "GroundKind",
    "IntakeRecord",
    "OfferDraft",
    "OpenRecord",
    "OpenerKind",
    "PartRecord",
    "Pick",
    "Purge",
    "Receipt",
    "ReportKind",
    "ServiceState",
    "ServiceSubState",
    "SignerRole",
    "Urgency",
]
