"""POST /v1/referrals/{referral_id}/picks: of several that accepted, the person chose this one."""

from fastapi import APIRouter, Request, Response

from ngo_bridge.api import shown
from ngo_bridge.api.answered import Picked
from ngo_bridge.api.asked import Picking
from ngo_bridge.api.described import CommandKey, ReferralPath, commanding, with_location
from ngo_bridge.bridge import BridgeOf, concerns

router = APIRouter(prefix="/v1/referrals/{referral_id}", tags=["one referral"])


@router.post(
    "/picks",
    status_code=202,
    operation_id="pickReferral",
    responses={
        202: with_location("It is picked; the broker has that the others are taken back."),
        **commanding(404),
    },
)
def pick(
    referral_id: ReferralPath,
    key: CommandKey,
    bridge: BridgeOf,
    request: Request,
    response: Response,
    body: Picking | None = None,
) -> Picked:
    """The person chose this one. The others of the choice are taken back, and their consents end."""
    concerns(request, referral_id)
    command = bridge.commands.claim("pickReferral", key, referral_id)
    picked = bridge.edge.pick(referral_id, command.id)
    path = shown.referral_path(picked.referral_id)
    response.headers["location"] = path
    return Picked(referral_id=picked.referral_id, cancelled=list(picked.cancelled), links={"referral": path})
