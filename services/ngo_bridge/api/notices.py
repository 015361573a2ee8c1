"""What waits for somebody here, and that somebody has heard of it."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from ngo_bridge.api.answered import Links, Listing
from ngo_bridge.api.described import reading, told
from ngo_bridge.bridge import Bridge, BridgeOf
from participant_edge.notices.notices import Notices
from participant_edge.notices.rules import Matter
from referral_exchange import problems

router = APIRouter(prefix="/v1/notices", tags=["notices"])

NoticeNumber = Annotated[int, Path(ge=1, le=2**63 - 1, description="The notice's number.")]


class NoticeAnswer(BaseModel):
    """Something that waits for somebody here, and of which nobody has said yet that they heard."""

    number: int
    kind: str = Field(
        description="answer-wanted, purge-wanted, unanswered, accepted, declined or refused.",
        examples=["answer-wanted"],
    )
    referral_id: str
    urgency: Literal["unspecified", "routine", "urgent", "emergency"]
    since: datetime
    nobody_answered_since: datetime | None = Field(
        description="Since when everybody on the ladder was told, and nobody has acknowledged."
    )
    links: Links


@router.get("", operation_id="listNotices", responses=reading(503))
def notices(bridge: BridgeOf) -> Listing[NoticeAnswer]:
    """What waits and climbs, oldest first: the duty contact is told, then the next, until somebody hears."""
    return Listing(items=[_shown(each) for each in _of(bridge).waiting()], next=None)


@router.put(
    "/{number}/acknowledgement",
    status_code=204,
    operation_id="acknowledgeNotice",
    responses=told(403, 404, 415, 422, 503),
)
def acknowledge(number: NoticeNumber, bridge: BridgeOf) -> None:
    """Somebody has heard of it: nobody else is told. What was asked waits still. Send no body."""
    _of(bridge).acknowledge(number)


def _of(bridge: Bridge) -> Notices:
    if bridge.notices is None:
        raise problems.of_status(503)
    return bridge.notices


def _shown(matter: Matter) -> NoticeAnswer:
    return NoticeAnswer(
        number=matter.number,
        kind=matter.kind,
        referral_id=matter.referral_id,
        urgency=matter.urgency,  # type: ignore[arg-type]
        since=matter.since,
        nobody_answered_since=matter.loud_at,
        links={
            "acknowledgement": f"/v1/notices/{matter.number}/acknowledgement",
            "referral": f"/v1/referrals/{matter.referral_id}",
        },
    )
