"""What the ledger answers, as JSON."""

import base64
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, PlainSerializer

from consent_ledger.records import Consent, Disclosure
from referral_exchange import policy
from referral_exchange.unshown import no_fields


def _rfc3339(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _encoded(value: bytes) -> str:
    return base64.b64encode(value).decode()


Base64 = Annotated[bytes, PlainSerializer(_encoded, return_type=str)]
When = Annotated[datetime, PlainSerializer(_rfc3339, return_type=str)]


class GivenAnswer(BaseModel):
    """A consent that stands, or a ground: then its id is the consent's id, and it may have no end."""

    consent_id: str
    return_consent_id: str
    referral_id: str
    standing: policy.Standing
    ends_at: When | None

    @classmethod
    def of(cls, consent: Consent) -> "GivenAnswer":
        """As it is told."""
        return cls(
            consent_id=consent.consent_id,
            return_consent_id=consent.partner_id,
            referral_id=consent.referral_id,
            standing=consent.standing,
            ends_at=consent.ends_at,
        )


class OpenedBefore(BaseModel):
    """An opening that came before the withdrawal, or overlapped it."""

    consent_id: str
    data_class: str | None
    recipient: str | None
    at: When

    @classmethod
    def of(cls, line: Disclosure) -> "OpenedBefore":
        """As it is told."""
        return cls(
            consent_id=line.consent_id, data_class=line.data_class, recipient=line.recipient, at=line.at
        )


class WithdrawnAnswer(BaseModel):
    """In force since `in_force_at`."""

    consent_id: str
    return_consent_id: str
    standing: policy.Standing
    in_force_at: When
    opened_before: list[OpenedBefore]


class ClosedAnswer(BaseModel):
    """Nothing passes under the ground since `ended_at`."""

    ground_id: str
    return_ground_id: str
    standing: policy.Standing
    ended_at: When | None


class ConfirmedLine(BaseModel):
    """How a consent stands now; only what was suspended became live."""

    consent_id: str
    standing: policy.Standing


class ConfirmedAnswer(BaseModel):
    """One for each that was asked for."""

    confirmed: list[ConfirmedLine]


class SealedAnswer(BaseModel):
    """Locks in the order of the parts."""

    __repr_args__ = no_fields

    locks: list[Base64]


class OpenedPart(BaseModel):
    """What a lock held."""

    __repr_args__ = no_fields

    data_class: str
    blob: Base64


class OpenedAnswer(BaseModel):
    """Parts in the order of the locks."""

    opened: list[OpenedPart]


class DisclosureLine(BaseModel):
    """One use of a consent, or one refusal."""

    __repr_args__ = no_fields

    consent_id: str
    referral_id: str | None
    recipient: str | None
    asked_by: str
    kind: str
    data_class: str | None
    at: When

    @classmethod
    def of(cls, line: Disclosure) -> "DisclosureLine":
        """As it is told."""
        return cls(
            consent_id=line.consent_id,
            referral_id=line.referral_id,
            recipient=line.recipient,
            asked_by=line.asked_by,
            kind=line.kind,
            data_class=line.data_class,
            at=line.at,
        )


class DisclosuresAnswer(BaseModel):
    """Oldest first."""

    disclosures: list[DisclosureLine]
