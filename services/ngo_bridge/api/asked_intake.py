"""Bodies of what opens a referral besides an offer, and of the legal ground that may stand for a consent."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from pydantic import ConfigDict, Field, StrictBool, create_model

from ngo_bridge.api.field_types import DataClass, EachOnce, Moment, ProgrammeId, Taken, ThingId
from ngo_bridge.api.parts import IdentityFields
from ngo_bridge.api.schema_fields import SchemaFields, fields_of, only, record_of
from participant_edge.commands import IntakeRecord, OpenerKind

PART_OF: dict[OpenerKind, str] = {
    "EmergencyRequested": "HotlineRequest",
    "ResourceRequested": "ResourceNeeded",
    "TipReported": "Tip",
    "ScreeningCompleted": "ScreeningResult",
    "WithdrawalAsked": "Identity",
}
"""The one record that each kind carries, sealed."""


class IntakeGiven(Taken):
    """Opens a referral under a fresh consent or ground."""

    event: OpenerKind
    consent_id: ThingId = Field(description="A consent or ground under which nothing was sent yet.")
    urgency: Literal["routine", "urgent", "emergency"]
    answer_by: Moment | None = Field(default=None, description="When you stop waiting.")
    fields: SchemaFields | IdentityFields

    def record(self) -> IntakeRecord:
        """The sealed part as the contract writes it."""
        if isinstance(self.fields, IdentityFields):
            return self.fields.record()
        made: IntakeRecord = record_of(PART_OF[self.event], self.fields)
        return made


def _model(kind: OpenerKind) -> type[IntakeGiven]:
    fields: Any = IdentityFields if kind == "WithdrawalAsked" else fields_of(PART_OF[kind])
    return create_model(
        f"{kind}Given",
        __base__=IntakeGiven,
        __doc__=fields.__doc__,
        event=(only(kind), Field(description="What happened.")),
        fields=(fields, Field(description="Travels sealed.")),
    )


if TYPE_CHECKING:
    Intake = IntakeGiven
else:
    Intake = Annotated[Union[tuple(_model(kind) for kind in PART_OF)], Field(discriminator="event")]  # noqa: UP007
"""One of the openers, told by its event."""


class GroundTold(Taken):
    """A law that stands in place of a consent. Nobody can withdraw it, so it carries the least there is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "programme_from": "lantern-case-management",
                    "recipient": "harbor-advocacy",
                    "kind": "mandated-report",
                    "statute": "Invented Code 1-2",
                    "jurisdiction": "Invented State",
                    "data_classes": ["documents"],
                }
            ]
        }
    )

    programme_from: ProgrammeId = Field(description="Your programme that must tell.")
    recipient: ProgrammeId = Field(description="The one programme that is told.")
    kind: Literal["mandated-report", "tip", "withdrawal", "compelled-release", "legal-hold"]
    statute: str = Field(
        min_length=1, max_length=120, description="The section or court rule; no docket number."
    )
    jurisdiction: str = Field(min_length=1, max_length=120, description="Whose law it is.")
    data_classes: Annotated[list[DataClass], EachOnce] = Field(min_length=1, max_length=32)
    ends_at: Moment | None = Field(default=None, description="Left out: it ends with the referral.")
    compelled_by: Literal["statute", "court-order", "subpoena", "nothing"] | None = Field(
        default=None, description="What compels it; left out: a statute, for a mandated report."
    )
    notice_attempted: StrictBool = Field(
        default=False, description="Whether the person was told of it, or it was tried."
    )
