"""What the ledger holds of a consent, and what it notes down of each use."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from referral_exchange.policy import question as policy

Kind = Literal[
    "given",
    "sealed",
    "opened",
    "denied",
    "withdrawn",
    "expired",
    "expelled",
    "closed",
    "suspended",
    "confirmed",
]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ConsentForm:
    """A consent as its discloser asks for it. `comes_back`: the classes that the return consent covers."""

    consent_id: str
    return_consent_id: str
    referral_id: str
    subject_token: str
    discloser: str
    recipient: str
    purpose: str
    data_classes: frozenset[str]
    comes_back: frozenset[str]
    funding_streams: frozenset[str]
    signer: policy.Signer
    signer_is_abuser: bool
    subject_is_minor: bool
    minor_may_sign_alone: bool
    minor_signed: bool
    services_conditioned: bool
    form_commitment: bytes
    language: str
    explained_at: datetime
    signed_at: datetime
    ends_at: datetime
    intermediary_named: bool = False
    exception_1367: str = ""
    official_class: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class GroundForm:
    """A ground of law as its discloser asks for it; it stands in place of a consent."""

    ground_id: str
    return_ground_id: str
    referral_id: str
    discloser: str
    recipient: str
    kind: policy.GroundKind
    statute: str
    jurisdiction: str
    data_classes: frozenset[str]
    ends_at: datetime | None
    compelled_by: policy.CompelledBy = ""
    notice_attempted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Consent:
    """A consent as it stands. `partner_id`: the other of the two that one form makes.

    `returns`: for what comes back; it has no subject token, which is the sender's alone.
    `ended_after`: seconds of steady clock seen when an end by date was noticed.
    `ground`: not a consent but a ground of law in its place; it has a statute and a jurisdiction, nobody
    signed it, what is said of a form is empty, and it may have no end.
    """

    consent_id: str
    partner_id: str
    referral_id: str
    discloser: str
    recipient: str
    returns: bool
    subject_token: str | None
    purpose: str
    data_classes: frozenset[str]
    funding_streams: frozenset[str]
    signer: policy.Signer
    signer_is_abuser: bool
    subject_is_minor: bool
    minor_may_sign_alone: bool
    minor_signed: bool
    services_conditioned: bool
    form_commitment: bytes
    language: str
    explained_at: datetime
    signed_at: datetime
    ends_at: datetime | None
    given_at: datetime
    standing: policy.Standing = "live"
    ended_at: datetime | None = None
    ended_after: int | None = None
    ground: policy.GroundKind | None = None
    statute: str | None = None
    jurisdiction: str | None = None
    intermediary_named: bool = False
    exception_1367: str = ""
    official_class: str = ""
    compelled_by: policy.CompelledBy = ""
    notice_attempted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A consent that the topic tells of and the backup did not hold. `ended_at` None: no end was told."""

    consent_id: str
    referral_id: str
    discloser: str
    recipient: str
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Disclosure:
    """One use of a consent, or one refusal. `recipient` and `referral_id` None: a stranger asked."""

    consent_id: str
    referral_id: str | None
    recipient: str | None
    asked_by: str
    kind: Kind
    data_class: str | None
    at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class ConsentKey:
    """A consent's key as it is stored: wrapped under the key of `epoch`."""

    consent_id: str
    version: int
    epoch: int
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class Fact:
    """An event on its way to the topic `consents`."""

    event_id: str
    consent_id: str
    referral_id: str
    headers: dict[str, bytes]
    value: bytes


def to_ms(at: datetime) -> int:
    """Milliseconds since 1970, UTC."""
    return int(at.timestamp() * 1000)


def from_ms(ms: int) -> datetime:
    """The time, UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def whole_ms(at: datetime) -> datetime:
    """The time as the database keeps it."""
    return from_ms(to_ms(at))
