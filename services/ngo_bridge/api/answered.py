"""What callers get: one model an answer. States are written as FHIR writes them, with hyphens."""

from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, Field

from referral_exchange.unshown import no_fields

T = TypeVar("T")
Links = dict[str, str]
"""Where to go from here, by relation; only what can be done now is listed."""

_LINKS = Field(description="Addresses by relation; only what can be done now.")


class Listing(BaseModel, Generic[T]):
    """One page of a list."""

    items: list[T]
    next: str | None = Field(
        description="Give it back as `cursor` for the page behind this one; null at the end."
    )


class ConsentAnswer(BaseModel):
    """A consent that stands at the ledger and whose fact the broker has."""

    __repr_args__ = no_fields

    consent_id: str
    return_consent_id: str = Field(description="The consent under which the recipient may answer.")
    referral_id: str
    subject_token: str = Field(
        description="Keep it with the person's file; name it in the person's next consent."
    )
    ends_at: datetime
    form_salt: str | None = Field(
        description="To keep beside the written form, where the bridge made it; base32."
    )
    links: Links = _LINKS


class Accepted(BaseModel):
    """The broker has the event."""

    event_id: str
    referral_id: str
    links: Links = _LINKS


class OffersTaken(BaseModel):
    """The broker has every offer of one choice."""

    offers: list[Accepted]
    links: Links = _LINKS


class GroundAnswer(BaseModel):
    """A ground that stands at the ledger and whose fact the broker has."""

    consent_id: str = Field(description="The ground's id: name it where a consent's id is asked for.")
    return_consent_id: str = Field(description="Under which the recipient may answer.")
    referral_id: str
    ends_at: datetime | None = Field(description="Null: it ends with the referral.")
    links: Links = _LINKS


class Picked(BaseModel):
    """What the person chose, and what was taken back for it."""

    referral_id: str
    cancelled: list[str] = Field(description="Referrals taken back; their consents end.")
    links: Links = _LINKS


class SafeContactTold(BaseModel):
    """The broker has the change for every recipient of the person's data."""

    told: list[Accepted]
    links: Links = _LINKS


class ReportTaken(BaseModel):
    """The broker has what concerns no person."""

    event_id: str
    links: Links = _LINKS


class StepAnswer(BaseModel):
    """One event of a referral."""

    event_id: str
    event: str = Field(description="Record name.", examples=["ReferralAnswered"])
    what: str = Field(
        description="What it says, a sub-state behind a colon; empty where the name says it all.",
        examples=["in-progress:scheduled"],
    )
    programme: str
    at: datetime
    refused: str | None = Field(description="Code of the refusal; null where the event stands.")


class RefusalAnswer(BaseModel):
    """An event of your own that the exchange did not take."""

    event_id: str
    code: str
    at: datetime


class ReferralAnswer(BaseModel):
    """A referral as this NGO may see it: routing only, nothing about the person."""

    referral_id: str
    direction: Literal["sent", "received"]
    programme_from: str
    programme_to: str
    consent_id: str
    return_consent_id: str
    state: str = Field(examples=["in-progress"])
    sub_state: str | None
    urgency: str
    answer_by: datetime | None
    standing: str = Field(description="Of the consent: live, withdrawing, withdrawn, expired.")
    purge: str | None = Field(description="asked, purged or legal-hold, once a purge was asked for.")
    overdue: list[str] = Field(description="Clocks that ran out.")
    updated_at: datetime
    links: Links = _LINKS


class ReferralInFull(ReferralAnswer):
    """A referral with its history."""

    __repr_args__ = no_fields

    reason: str | None = Field(
        description="Code of a decline, a hold or a failure, opened for you and kept encrypted; else null."
    )
    together: list[str] = Field(description="Referrals of the same choice, this one included; pick one.")
    steps: list[StepAnswer]
    refusals: list[RefusalAnswer]


class ChangeAnswer(BaseModel):
    """One thing that this NGO's edge learnt or said: the data of a streamed event."""

    number: int = Field(description="Only grows; the event's `id`.")
    event_id: str
    event: str = Field(
        description="Record name.", examples=["ReferralAnswered", "EventRefused", "ClockElapsed"]
    )
    what: str = Field(description="What it says; the code of a refusal, the name of a clock.")
    direction: Literal["sent", "received"]
    referral_id: str | None
    at: datetime
    links: Links = _LINKS


class InboxItem(BaseModel):
    """One message that came in."""

    event_id: str
    event: str = Field(description="Record name.", examples=["ReferralOffered"])
    what: str
    referral_id: str | None
    programme_from: str
    programme_to: str
    occurred_at: datetime = Field(description="When it happened at its sender.")
    received_at: datetime = Field(description="When it came out of the inbox.")
    delivered_at: datetime | None = Field(description="When it was applied here; null until then.")
    state: str = Field(
        description="waiting, delivered, shut (never delivered: see `code`), held (a new key to confirm)."
    )
    code: str | None = Field(description="Why it is shut.")
    parts: int = Field(description="Sealed parts it still holds.")
    attempts: int
    delivered: str = Field(description="once or at-least-once: what the receiving system promises.")
    links: Links = _LINKS


class OpenedAnswer(BaseModel):
    """One opened part; show it, never keep it."""

    __repr_args__ = no_fields

    event_id: str
    data_class: str
    record: str = Field(description="Name of its record: of a form, which form it is.", examples=["Needs"])
    fields: dict[str, Any]


class Opened(BaseModel):
    """Everything received for a referral, opened now."""

    parts: list[OpenedAnswer]


class OpeningBefore(BaseModel):
    """Something that was opened before the withdrawal was in force."""

    data_class: str
    recipient: str
    at: datetime


class PurgeAnswerShown(BaseModel):
    """What a recipient says became of what it had opened."""

    programme: str
    purge: str
    at: datetime


class WithdrawalAnswer(BaseModel):
    """How far a withdrawal is."""

    consent_id: str
    referral_id: str
    state: str = Field(description="not-yet-in-force, in-force, recipients-told.")
    asked_at: datetime
    in_force_at: datetime | None
    opened_before: list[OpeningBefore]
    purge_answers: list[PurgeAnswerShown]
    links: Links = _LINKS


class ProgrammeAnswer(BaseModel):
    """A programme that receives referrals, as the directory lists it."""

    programme_id: str
    participant_id: str
    name: str
    standing: str = Field(
        description="Of its participant: `enrolled`; to `paused` and `expelled` nothing can be sent now."
    )
    confidential: bool = Field(description="Whether only alias and region are public.")
    role: str
    funding_streams: list[str]
    services: list[str]
    languages: list[str]
    region: str
    age_bands: list[str]
    links: Links = _LINKS


class DisclosureAnswer(BaseModel):
    """A line of the ledger's evidence."""

    consent_id: str
    referral_id: str
    recipient: str
    kind: str = Field(
        description="given, sealed, opened, denied, withdrawn, expired, closed, suspended, confirmed."
    )
    data_class: str | None
    at: datetime


class Disclosures(BaseModel):
    """What was done under a referral's consents, oldest first."""

    disclosures: list[DisclosureAnswer]


class Health(BaseModel):
    """Whether it lives, or can work."""

    status: Literal["ok"]
