"""PUT /v1/programmes/{programme_id}/capacity: whether a programme of yours has room."""

from typing import Annotated, Literal, cast

from fastapi import APIRouter, Path
from pydantic import ConfigDict, Field, StrictBool, StrictInt, model_validator
from pydantic_core import PydanticCustomError

from ngo_bridge import rules
from ngo_bridge.api.answered import ReportTaken
from ngo_bridge.api.described import CommandKey, commanding
from ngo_bridge.api.field_types import EachOnce, Language, Moment, ProgrammeId, Taken
from ngo_bridge.bridge import BridgeOf
from participant_edge.commands import Capacity, CapacityDraft
from referral_exchange.vocabulary import on_the_wire

router = APIRouter(prefix="/v1", tags=["directory"])

_MOST_PLACES = 10_000


class CapacityTold(Taken):
    """Whether there is room, since when that is true and how long to believe it. Never about a person."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "capacity": "capacity",
                    "room": 3,
                    "household_size": 4,
                    "accessible": True,
                    "languages": ["en", "es"],
                    "as_of": "2031-05-04T22:15:00Z",
                    "valid_until": "2031-05-05T22:15:00Z",
                }
            ]
        }
    )

    capacity: Literal["no-capacity", "capacity", "waitlist", "additional-assessment-required"]
    room: StrictInt | None = Field(default=None, ge=0, le=_MOST_PLACES, description="Places free.")
    household_size: StrictInt | None = Field(
        default=None, ge=1, le=50, description="Largest household it can take."
    )
    accessible: StrictBool = Field(description="Whether a free place is accessible.")
    languages: Annotated[list[Language], EachOnce] = Field(
        max_length=16, description="Tags of what staff on duty speak."
    )
    as_of: Moment = Field(description="When this was true.")
    valid_until: Moment = Field(description="When to stop believing it; 31 days at most.")

    @model_validator(mode="after")
    def _fits(self) -> "CapacityTold":
        fault = rules.capacity_fault(self.capacity, self.room, self.as_of, self.valid_until)
        if fault is not None:
            raise PydanticCustomError(fault, "room that fits the code, for 31 days at most")
        return self


@router.put(
    "/programmes/{programme_id}/capacity",
    status_code=202,
    operation_id="reportCapacity",
    responses={202: {"description": "The broker has it."}, **commanding()},
)
def report(
    programme_id: Annotated[ProgrammeId, Path(description="A programme of yours.")],
    body: CapacityTold,
    key: CommandKey,
    bridge: BridgeOf,
) -> ReportTaken:
    """Tells the directory whether your programme has room. The latest report stands."""
    command = bridge.commands.claim("reportCapacity", key, f"{programme_id}\n{body.model_dump_json()}")
    draft = CapacityDraft(
        capacity=cast(Capacity, on_the_wire(body.capacity)),
        room=body.room,
        household_size=body.household_size,
        accessible=body.accessible,
        languages=tuple(body.languages),
        as_of=body.as_of,
        valid_until=body.valid_until,
    )
    receipt = bridge.edge.report_capacity(programme_id, draft, command.id)
    return ReportTaken(event_id=receipt.event_id, links={"programmes": "/v1/programmes"})
