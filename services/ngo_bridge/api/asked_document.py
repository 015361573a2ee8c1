"""Bodies that carry forms: a document sent, and one answered."""

from typing import Literal

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from ngo_bridge.api.field_types import AnswerReasonCode, Moment, Taken, ThingId
from ngo_bridge.api.forms import Form

_MOST_FORMS = 8


class DocumentGiven(Taken):
    """Forms for one programme: under a fresh consent or ground, or for a referral that is being served."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "consent_id": "5f0c7a52-6d0e-4b57-9d0c-0a4a1c6f2b11",
                    "urgency": "urgent",
                    "forms": [
                        {"form": "LetterVerificationAsked", "fields": {"letter_number": "INVENTED-0001"}}
                    ],
                }
            ]
        }
    )

    consent_id: ThingId | None = Field(
        default=None, description="A consent or ground under which nothing was sent yet; opens a referral."
    )
    referral_id: ThingId | None = Field(
        default=None, description="Or a referral that you sent and that is being served."
    )
    urgency: Literal["routine", "urgent", "emergency"]
    answer_by: Moment | None = Field(default=None, description="When you stop waiting.")
    forms: list[Form] = Field(min_length=1, max_length=_MOST_FORMS)

    @model_validator(mode="after")
    def _one_place(self) -> "DocumentGiven":
        if (self.consent_id is None) == (self.referral_id is None):
            raise PydanticCustomError("one-of-two", "name a consent, or a referral, and not both")
        return self


class DocumentReply(Taken):
    """Answers a document that came: with forms, or with a code that says why not."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "referral_id": "5f0c7a52-6d0e-4b57-9d0c-0a4a1c6f2b11",
                    "document_event_id": "0d9f1c8e-2b64-4a43-8a4b-6f2f3f1d7a10",
                    "forms": [{"form": "LetterVerificationAnswered", "fields": {"valid": True}}],
                }
            ]
        }
    )

    referral_id: ThingId
    document_event_id: ThingId = Field(description="`event_id` of the DocumentSent in your inbox.")
    forms: list[Form] = Field(default_factory=list, max_length=_MOST_FORMS)
    reason: AnswerReasonCode | None = Field(default=None, description="In place of forms. Travels sealed.")

    @model_validator(mode="after")
    def _something(self) -> "DocumentReply":
        if bool(self.forms) == (self.reason is not None):
            raise PydanticCustomError("one-of-two", "send forms, or a reason, and not both")
        return self
