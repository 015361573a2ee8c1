"""Safe contact comes before anything else about a person, and a change of it goes to every recipient."""

from collections.abc import Collection

from fastapi import APIRouter, Request, Response

from ngo_bridge import rules
from ngo_bridge.api import shown
from ngo_bridge.api.answered import SafeContactTold
from ngo_bridge.api.asked import SafeContactChange
from ngo_bridge.api.described import CommandKey, ReferralPath, commanding, with_location
from ngo_bridge.bridge import BridgeOf, concerns
from participant_edge.edge import Edge
from participant_edge.errors import UnknownThing
from participant_edge.views import ReferralView
from referral_exchange.problems import Problem

router = APIRouter(prefix="/v1/referrals/{referral_id}", tags=["one referral"])

SAFE_CONTACT = "safe-contact"
"""Its data class."""


@router.post(
    "/safe-contact",
    status_code=202,
    operation_id="changeSafeContact",
    responses={202: with_location("The broker has the change for every recipient."), **commanding(404)},
)
def change(
    referral_id: ReferralPath,
    body: SafeContactChange,
    key: CommandKey,
    bridge: BridgeOf,
    request: Request,
    response: Response,
) -> SafeContactTold:
    """Tells every recipient that serves this person how to reach them from now on: all of them or none.

    Where a consent does not cover safe contact, its recipient is not told.
    """
    concerns(request, referral_id)
    command = bridge.commands.claim("changeSafeContact", key, f"{referral_id}\n{body.model_dump_json()}")
    receipts = bridge.edge.change_safe_contact(
        recipients(bridge.edge, referral_id), body.record(), command.id
    )
    response.headers["location"] = shown.referral_path(referral_id)
    told = [shown.accepted(receipt) for receipt in receipts]
    return SafeContactTold(told=told, links={"referral": shown.referral_path(referral_id)})


def require_first(edge: Edge, referral_id: str, data_classes: Collection[str]) -> None:
    """Raises Problem where safe contact is neither handed over now nor was before."""
    if SAFE_CONTACT in data_classes or edge.referral(referral_id).direction == "received":
        return
    lines = edge.disclosures(referral_id)
    if not any(line.kind == "sealed" and line.data_class == SAFE_CONTACT for line in lines):
        raise safe_contact_first()


def safe_contact_first() -> Problem:
    """Nobody may learn who it is before they learn whether to call."""
    return Problem(
        409,
        "safe-contact-first",
        "Say first whether and how the person may be contacted",
        "Add a part `safe-contact`; *do not contact* is an answer too. Where the consent does not cover it, "
        "ask the person for one that does.",
    )


def recipients(edge: Edge, referral_id: str) -> list[str]:
    """The referral asked for, first, and every other of the same person that is being served."""
    others = [each for each in edge.same_person(referral_id) if each != referral_id]
    return [referral_id, *(each for each in others if _serves(edge, each))]


def _serves(edge: Edge, referral_id: str) -> bool:
    view = _view(edge, referral_id)
    served = view is not None and "change-contact" in rules.actions(view)
    return served and SAFE_CONTACT in edge.covered(referral_id)


def _view(edge: Edge, referral_id: str) -> ReferralView | None:
    try:
        return edge.referral(referral_id)
    except UnknownThing:
        return None
