"""Offering a need, and reading where the referrals stand."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from ngo_bridge.api import shown
from ngo_bridge.api.answered import Accepted, Listing, OffersTaken, ReferralAnswer, ReferralInFull
from ngo_bridge.api.asked import Offering, ReferralOffer
from ngo_bridge.api.described import (
    CommandKey,
    Cursor,
    Limit,
    ReferralPath,
    commanding,
    reading,
    told,
    with_location,
)
from ngo_bridge.api.paging import opaque, place_of
from ngo_bridge.bridge import BridgeOf, concerns
from participant_edge.commands import OfferDraft
from participant_edge.views import Direction

router = APIRouter(prefix="/v1", tags=["referrals"])


@router.post(
    "/referrals",
    status_code=202,
    operation_id="offerReferral",
    responses={202: with_location("The broker has the offer, or all of them."), **commanding(404)},
)
def offer(
    body: Offering, key: CommandKey, bridge: BridgeOf, request: Request, response: Response
) -> Accepted | OffersTaken:
    """Offers coded needs, without a name, to the recipient of a consent.

    With `offers` it asks several programmes at once, each under a consent of its own: all are sent or none,
    and of those that accept the person picks one (`picks`).
    """
    command = bridge.commands.claim("offerReferral", key, body.model_dump_json())
    if isinstance(body, ReferralOffer):
        receipt = bridge.edge.offer(_draft(body), command.id)
        concerns(request, receipt.referral_id)
        return shown.taken(receipt, response)
    receipts = bridge.edge.offer_together([_draft(each) for each in body.offers], command.id)
    taken = [shown.taken(receipt, response) for receipt in reversed(receipts)]
    return OffersTaken(offers=taken[::-1], links={"list": "/v1/referrals"})


def _draft(body: ReferralOffer) -> OfferDraft:
    return OfferDraft(
        consent_id=body.consent_id,
        urgency=body.urgency,
        answer_by=body.answer_by,
        needs=body.needs.record(),
    )


@router.get("/referrals", operation_id="listReferrals", responses=reading())
def referrals(
    bridge: BridgeOf,
    direction: Annotated[Direction | None, Query(description="Only those sent, or those received.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Listing[ReferralAnswer]:
    """Referrals sent and received, last changed first."""
    listing = f"referrals {direction}"
    page = bridge.edge.referrals(direction, place_of(bridge, listing, cursor), limit)
    items = [shown.referral(view) for view in page.items]
    return Listing(items=items, next=opaque(bridge, listing, page.next))


@router.get("/referrals/{referral_id}", operation_id="readReferral", responses={**reading(), **told(404)})
def referral(referral_id: ReferralPath, bridge: BridgeOf, request: Request) -> ReferralInFull:
    """One referral: its state, its steps, and links to what can be done next."""
    concerns(request, referral_id)
    view = bridge.edge.referral(referral_id)
    sent = view.direction == "sent"
    return shown.referral_in_full(
        view,
        bridge.edge.reason(referral_id),
        bridge.edge.together(referral_id) if sent else (referral_id,),
    )
