"""What the ledger is sent, as JSON; a field that is not listed here is refused."""

import base64
import binascii
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic import model_validator as _model_validator

from consent_ledger.records import ConsentForm, GroundForm
from consent_ledger.rules import LockToOpen, PartToSeal
from referral_exchange import policy
from referral_exchange.unshown import no_fields

MOST_PARTS = 100
MOST_CONSENTS = 200


def _decoded(value: object) -> bytes:
    if not isinstance(value, str):
        raise ValueError("not base64 text")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not base64 text") from None


Uuid = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Code = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Codes = Annotated[list[Code], Field(max_length=50)]
Token = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{22,64}$")]
Bytes = Annotated[bytes, BeforeValidator(_decoded, json_schema_input_type=str)]
Line = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*$")]
Instant = Annotated[AwareDatetime, Field(strict=False)]


class Body(BaseModel):
    """What is sent; nothing that is not listed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)
    __repr_args__ = no_fields


class GiveBody(Body):
    """A consent to record. `comes_back` names at least *service-status*: an answer comes back.

    `intermediary_named`: the form names the exchange as intermediary (42 CFR Part 2). `exception_1367`,
    `official_class`: which exception of 8 USC 1367(b) it invokes, and the class of official who does.
    """

    consent_id: Uuid
    return_consent_id: Uuid
    referral_id: Uuid
    subject_token: Token
    discloser: Slug
    recipient: Slug
    purpose: Code
    data_classes: Annotated[Codes, Field(min_length=1)]
    comes_back: Annotated[list[Literal["service-status", "documents"]], Field(min_length=1, max_length=2)]
    signer_role: policy.Signer
    signer_is_abuser: bool
    subject_is_minor: bool
    minor_may_sign_alone: bool
    minor_signed: bool
    services_conditioned: bool
    form_commitment: Annotated[Bytes, Field(min_length=32, max_length=32)]
    language: Annotated[str, Field(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$", max_length=35)]
    explained_at: Instant
    signed_at: Instant
    ends_at: Instant
    funding_streams: Codes
    intermediary_named: bool = False
    exception_1367: Literal["", "waiver", "benefits", "victim-services"] = ""
    official_class: Literal["", "adjudicator", "victim-assistance", "sworn-officer"] = ""

    @_model_validator(mode="after")
    def _sound(self) -> "GiveBody":
        if len({self.consent_id, self.return_consent_id, self.referral_id}) != 3:
            raise ValueError("three different ids")
        if "service-status" not in self.comes_back:
            raise ValueError("comes_back names service-status")
        return self

    def form(self) -> ConsentForm:
        """As the ledger works with it."""
        values = self.model_dump(exclude={"signer_role", "data_classes", "comes_back", "funding_streams"})
        return ConsentForm(
            **values,
            signer=self.signer_role,
            data_classes=frozenset(self.data_classes),
            comes_back=frozenset(self.comes_back),
            funding_streams=frozenset(self.funding_streams),
        )


class WithdrawBody(Body):
    """Either id of the two that one form made."""

    consent_id: Uuid


class GroundBody(Body):
    """A ground of law to record in place of a consent. `ends_at` absent: until its discloser closes it.

    `compelled_by` absent: a statute, for a mandated report; else nothing does. A docket number names a
    person: `statute` cites the law, or the rule that the court ordered under.
    """

    ground_id: Uuid
    return_ground_id: Uuid
    referral_id: Uuid
    discloser: Slug
    recipient: Slug
    kind: policy.GroundKind
    statute: Annotated[Line, Field(max_length=200)] = ""
    jurisdiction: Annotated[Line, Field(max_length=100)] = ""
    data_classes: Annotated[Codes, Field(min_length=1)]
    ends_at: Instant | None = None
    compelled_by: policy.CompelledBy | None = None
    notice_attempted: bool = False

    @_model_validator(mode="after")
    def _sound(self) -> "GroundBody":
        if len({self.ground_id, self.return_ground_id, self.referral_id}) != 3:
            raise ValueError("three different ids")
        return self

    def form(self) -> GroundForm:
        """As the ledger works with it."""
        values = self.model_dump(exclude={"data_classes", "compelled_by"})
        unsaid: policy.CompelledBy = "statute" if self.kind == "mandated_report" else ""
        return GroundForm(
            **values,
            data_classes=frozenset(self.data_classes),
            compelled_by=unsaid if self.compelled_by is None else self.compelled_by,
        )


class CloseBody(Body):
    """Either id of the two that a ground has."""

    ground_id: Uuid


class ConfirmBody(Body):
    """Consents whose discloser knows that they were not withdrawn."""

    consent_ids: Annotated[list[Uuid], Field(min_length=1, max_length=MOST_CONSENTS)]


class PartBody(Body):
    """A part to lock. `address_authorised`: a confidential shelter's operator authorised it in writing.

    `accompanied`: the notice of 42 CFR 2.32 and a copy of the consent are sealed with it.
    """

    consent_id: Uuid
    referral_id: Uuid
    recipient: Slug
    data_class: Code
    blob: Annotated[Bytes, Field(min_length=1, max_length=1024)]
    address_authorised: bool = False
    accompanied: bool = False

    def part(self) -> PartToSeal:
        """As the ledger works with it."""
        return PartToSeal(**self.model_dump())


class SealBody(Body):
    """Parts to lock: all or none."""

    parts: Annotated[list[PartBody], Field(min_length=1, max_length=MOST_PARTS)]


class LockBody(Body):
    """A lock to open."""

    consent_id: Uuid
    referral_id: Uuid
    lock: Annotated[Bytes, Field(min_length=1, max_length=2048)]

    def asked(self) -> LockToOpen:
        """As the ledger works with it."""
        return LockToOpen(**self.model_dump())


class OpenBody(Body):
    """Locks to open: all or none."""

    locks: Annotated[list[LockBody], Field(min_length=1, max_length=MOST_PARTS)]


class CheckBody(Body):
    """May an event that seals nothing be published?"""

    consent_id: Uuid
    referral_id: Uuid
    recipient: Slug


class DisclosuresBody(Body):
    """Either consents or one person's token."""

    consent_ids: Annotated[list[Uuid], Field(min_length=1, max_length=MOST_CONSENTS)] | None = None
    subject_token: Token | None = None

    @_model_validator(mode="after")
    def _one_of_two(self) -> "DisclosuresBody":
        if (self.consent_ids is None) == (self.subject_token is None):
            raise ValueError("consent_ids or subject_token")
        return self
