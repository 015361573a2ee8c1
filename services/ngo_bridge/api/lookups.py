"""The directory, and the ledger's evidence of what was done under a consent."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from ngo_bridge.api import shown
from ngo_bridge.api.answered import Disclosures, Listing, ProgrammeAnswer
from ngo_bridge.api.described import reading, told
from ngo_bridge.api.field_types import ThingId
from ngo_bridge.bridge import BridgeOf, concerns

router = APIRouter(prefix="/v1")


@router.get("/programmes", operation_id="listProgrammes", tags=["directory"], responses=reading())
def programmes(bridge: BridgeOf) -> Listing[ProgrammeAnswer]:
    """Every programme that receives referrals, by id. A confidential one shows an alias and a region only."""
    standings = {p.participant_id: p.standing for p in bridge.edge.participants()}
    found = [
        shown.programme(listed, standings.get(listed.participant_id, "unspecified"))
        for listed in bridge.edge.programmes()
    ]
    return Listing(items=found, next=None)


@router.get(
    "/disclosures",
    operation_id="listDisclosures",
    tags=["withdrawals"],
    responses={**reading(), **told(403, 404, 503)},
)
def disclosures(
    referral_id: Annotated[ThingId, Query(description="A referral that you sent.")],
    bridge: BridgeOf,
    request: Request,
) -> Disclosures:
    """Who was given, sealed, opened or denied what, and when: what a person may be told."""
    concerns(request, referral_id)
    return shown.disclosures(bridge.edge.disclosures(referral_id))
