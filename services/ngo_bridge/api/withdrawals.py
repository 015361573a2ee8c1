"""A person takes the yes back."""

from fastapi import APIRouter, Request, Response

from ngo_bridge.api import shown
from ngo_bridge.api.answered import WithdrawalAnswer
from ngo_bridge.api.asked import Withdrawing
from ngo_bridge.api.described import CommandKey, ConsentPath, commanding, reading, told, with_location
from ngo_bridge.bridge import BridgeOf, concerns

router = APIRouter(prefix="/v1/withdrawals", tags=["withdrawals"])


@router.post(
    "",
    operation_id="withdraw",
    responses={
        200: with_location("In force: no opening asked from now on succeeds."),
        202: {**with_location("Kept and repeated, but not yet in force."), "model": WithdrawalAnswer},
        **commanding(404),
    },
)
def withdraw(
    body: Withdrawing, key: CommandKey, bridge: BridgeOf, request: Request, response: Response
) -> WithdrawalAnswer:
    """Ends the consent of a sent referral and its return consent. Answers what was opened before.

    200: in force. 202: the ledger has not answered yet; the bridge repeats it until it does.
    """
    concerns(request, body.referral_id)
    bridge.commands.claim("withdraw", key, body.model_dump_json())
    found = bridge.edge.withdraw(body.referral_id)
    response.status_code = 202 if found.state == "not-yet-in-force" else 200
    response.headers["location"] = shown.withdrawal_path(found.consent_id)
    return shown.withdrawal(found)


@router.get("/{consent_id}", operation_id="readWithdrawal", responses={**reading(), **told(404)})
def withdrawal(consent_id: ConsentPath, bridge: BridgeOf, request: Request) -> WithdrawalAnswer:
    """How far a withdrawal is, and what the recipients answered."""
    found = bridge.edge.withdrawal(consent_id)
    concerns(request, found.referral_id)
    return shown.withdrawal(found)
