"""What callers send: one model a request body, with an example."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, ValidatorFunctionWrapHandler, WrapValidator, model_validator
from pydantic_core import PydanticCustomError

from ngo_bridge.api.field_types import AnswerReasonCode, Moment, Taken, ThingId, one_of
from ngo_bridge.api.parts import NeedsFields, Part, SafeContactFields
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


class OffersTogether(Taken):
    """One person's needs, offered to several recipients at once."""

    offers: list[ReferralOffer] = Field(
        min_length=2, max_length=8, description="Each under a consent of its own; no two name the same."
    )

    @model_validator(mode="after")
    def _apart(self) -> "OffersTogether":
        if len({offer.consent_id for offer in self.offers}) != len(self.offers):
            raise PydanticCustomError("listed-twice", "one offer a consent")
        return self


def _one_or_several(value: Any, handler: ValidatorFunctionWrapHandler) -> ReferralOffer | OffersTogether:
    """Errors then name the field, not which of two bodies it may belong to."""
    if isinstance(value, ReferralOffer | OffersTogether):
        return value
    several = isinstance(value, dict) and "offers" in value
    return (OffersTogether if several else ReferralOffer).model_validate(value)


Offering = Annotated[ReferralOffer | OffersTogether, WrapValidator(_one_or_several)]
"""One offer, or several that belong together."""


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
    def _each_once(self) -> "Disclosing":
        kinds = [part.data_class for part in self.parts]
        if len(set(kinds)) != len(kinds):
            raise PydanticCustomError("listed-twice", "one part a data class")
        return self


class SafeContactChange(SafeContactFields):
    """How the person may be reached from now on; overtakes everything else on its way."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"may_contact": False},
                {"may_contact": True, "method": "text", "value": "555-0100", "window": "weekday mornings"},
            ]
        }
    )


class Picking(Taken):
    """Nothing to say: an empty object, or no body."""


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
