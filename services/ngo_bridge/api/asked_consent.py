"""The body of POST /v1/consents: a signed consent as a caseworker took it."""

from typing import Annotated, Literal

from pydantic import Base64Bytes, ConfigDict, Field, StrictBool, model_validator
from pydantic_core import PydanticCustomError

from ngo_bridge.api.field_types import (
    DataClass,
    EachOnce,
    FundingStream,
    Language,
    Moment,
    ProgrammeId,
    Purpose,
    Taken,
    ThingId,
)
from ngo_bridge.rules import USUAL_CONSENT, date_fault
from participant_edge.commands import SignerRole

_COMMITMENT_BYTES = 32


class ConsentGivenByPerson(Taken):
    """A signed consent for one recipient programme. It gets a referral of its own."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "programme_from": "lantern-case-management",
                    "recipient": "meadow-housing",
                    "purpose": "services",
                    "data_classes": ["needs", "identity", "safe-contact"],
                    "comes_back": ["service-status"],
                    "language": "es",
                    "signer_role": "self",
                    "subject_is_minor": False,
                    "explained_at": "2031-05-04T22:05:00Z",
                    "signed_at": "2031-05-04T22:15:00Z",
                }
            ]
        }
    )

    programme_from: ProgrammeId = Field(description="Your programme that asks.")
    recipient: ProgrammeId = Field(description="The one programme that may open.")
    purpose: Purpose = Field(description="Why the data are shared.")
    data_classes: Annotated[list[DataClass], EachOnce] = Field(
        min_length=1, max_length=32, description="What may be shared, each kind ticked by the person."
    )
    comes_back: Annotated[list[Literal["service-status", "documents"]], EachOnce] = Field(
        min_length=1,
        max_length=2,
        description="What the recipient may tell you afterwards: `service-status` at least, for an answer "
        "comes back.",
    )
    language: Language = Field(description="Language in which it was explained.")
    signer_role: SignerRole = Field(description="Who signed.")
    signer_is_abuser: StrictBool = Field(
        default=False,
        description="Whether the signer hurt the person or the other parent; such a signature is void.",
    )
    subject_is_minor: StrictBool = Field(description="True for under 18 and for age unknown.")
    minor_may_sign_alone: StrictBool = Field(
        default=False, description="Whether the law lets this minor receive the service alone."
    )
    minor_signed: StrictBool = Field(default=False, description="Whether the minor signed too.")
    services_conditioned: StrictBool = Field(
        default=False, description="Whether any service depends on this yes; such a consent is refused."
    )
    form_commitment: Base64Bytes | None = Field(
        default=None,
        description="SHA-256 over a salt and your written form, base64. Left out: the bridge makes one "
        "over the fields of this request and answers its salt, to keep beside the form.",
    )
    explained_at: Moment = Field(description="When it was explained.")
    signed_at: Moment = Field(description="When it was signed.")
    ends_at: Moment | None = Field(
        default=None, description="When it ends by itself; left out: 30 days after signing. A year at most."
    )
    funding_streams: Annotated[list[FundingStream], EachOnce] = Field(
        default_factory=list,
        max_length=16,
        description="Laws and grants whose terms the form satisfies; left out: those that the directory "
        "lists for your programme.",
    )
    intermediary_named: StrictBool = Field(
        default=False, description="Whether the form names the exchange as intermediary (42 CFR Part 2)."
    )
    exception_1367: Literal["", "waiver", "benefits", "victim-services"] = Field(
        default="", description="The exception of 8 USC 1367(b) that the form invokes; empty: none."
    )
    official_class: Literal["", "adjudicator", "victim-assistance", "sworn-officer"] = Field(
        default="", description="The class of official who invokes it; empty: none does."
    )
    subject_token: ThingId | None = Field(
        default=None, description="As an earlier consent of the same person answered it; left out: a new one."
    )

    @model_validator(mode="after")
    def _fits(self) -> "ConsentGivenByPerson":
        fault = date_fault(self.explained_at, self.signed_at, self.ends_at or self.signed_at + USUAL_CONSENT)
        if fault is not None:
            raise PydanticCustomError(fault, "explained, then signed, then ends, within a year")
        if "service-status" not in self.comes_back:
            raise PydanticCustomError("service-status-missing", "an answer comes back")
        if self.form_commitment is not None and len(self.form_commitment) != _COMMITMENT_BYTES:
            raise PydanticCustomError("commitment-length", "32 bytes")
        return self
