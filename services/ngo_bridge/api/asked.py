"""What callers send: one model a request body, with an example."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from ngo_bridge.api.field_types import AnswerReasonCode, Moment, Taken, ThingId, one_of
from ngo_bridge.api.parts import NeedsFields, Part
from referral_exchange import vocabulary


class ReferralOffer(Taken):
    """Offers a need to the recipient of a consent."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "consent_id": "5f0c7a52-6d0e-4b57-9d0c-0a4a1c6f2b11",
                    "urgency": "urgent",
                    "needs": {
                        "services": ["Housing Services"],
                        "languages": ["es"],
                        "region": "South Fields",
                        "age_band": "adult",
                        "household_size": 1,
                        "access": ["interpreter"],
                    },
                }
            ]
        }
    )

    consent_id: ThingId = Field(description="As POST /v1/consents answered it.")
    urgency: Literal["routine", "urgent", "emergency"] = Field(
        description="An urgent offer is reminded after 1 h."
    )
    answer_by: Moment | None = Field(default=None, description="When you stop waiting.")
    needs: NeedsFields


class AnswerSent(Taken):
    """The asked programme accepts or declines."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"answer": "declined", "reason": "no-room"}]})

    answer: Literal["accepted", "declined"]
    reason: AnswerReasonCode = Field(description="`accepted` where accepted; else why not. Travels sealed.")

    @model_validator(mode="after")
    def _fits(self) -> "AnswerSent":
        if (self.answer == "accepted") != (self.reason == "accepted"):
            raise PydanticCustomError("reason-does-not-fit", "the reason of the answer")
        return self


class Disclosing(Taken):
    """Hands over what the consent covers, one part a kind of data, sealed for the recipient alone."""

    parts: list[Part] = Field(min_length=1, max_length=8)

    @model_validator(mode="after")
    def _safe_contact_first(self) -> "Disclosing":
        kinds = [part.data_class for part in self.parts]
        if len(set(kinds)) != len(kinds):
            raise PydanticCustomError("listed-twice", "one part a data class")
        if "identity" in kinds and "safe-contact" not in kinds:
            raise PydanticCustomError("safe-contact-missing", "say whether the person may be contacted")
        return self


class StatusReport(Taken):
    """How the service goes: FHIR Task state, BSeR sub-state, and a coded reason or outcome."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"state": "in-progress", "sub_state": "scheduled"},
                {"state": "completed", "outcome": "service-provided"},
            ]
        }
    )

    state: Literal["in-progress", "on-hold", "completed", "failed"]
    sub_state: Annotated[str, one_of(vocabulary.sub_states("in-progress"))] | None = Field(
        default=None, description="With in-progress only."
    )
    reason: str | None = Field(
        default=None, max_length=64, description="Code, with on-hold and failed. Sealed."
    )
    outcome: str | None = Field(default=None, max_length=64, description="Code, with completed. Sealed.")

    @model_validator(mode="after")
    def _fits(self) -> "StatusReport":
        detail = self.outcome if self.state == "completed" else self.reason
        other = self.reason if self.state == "completed" else self.outcome
        known = vocabulary.status_details(self.state)
        if (
            other is not None
            or (detail is None) != (not known)
            or (detail is not None and detail not in known)
        ):
            raise PydanticCustomError("code-does-not-fit", "the code that this state takes")
        if self.sub_state is not None and self.sub_state not in vocabulary.sub_states(self.state):
            raise PydanticCustomError("sub-state-does-not-fit", "a sub-state of this state")
        return self


class Cancelling(Taken):
    """The sender takes the referral back; its consent ends with it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"cancellation": "cancelled"}]})

    cancellation: Literal["cancelled", "entered-in-error"]


class PurgeReport(Taken):
    """What became of what was opened, after a withdrawal."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"purge": "purged"}]})

    purge: Literal["purged", "legal-hold"]


class Withdrawing(Taken):
    """Ends the consent of one sent referral, and with it the return consent."""

    referral_id: ThingId


class Opening(Taken):
    """Nothing to say: an empty object, or no body."""
