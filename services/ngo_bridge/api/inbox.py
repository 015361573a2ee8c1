"""GET /v1/inbox: the messages that came in."""

from fastapi import APIRouter

from ngo_bridge.api import shown
from ngo_bridge.api.answered import InboxItem, Listing
from ngo_bridge.api.described import Cursor, Limit, reading
from ngo_bridge.api.paging import opaque, place_of
from ngo_bridge.bridge import BridgeOf

router = APIRouter(prefix="/v1", tags=["inbox"])


@router.get("/inbox", operation_id="listInbox", responses=reading())
def inbox(bridge: BridgeOf, cursor: Cursor = None, limit: Limit = 50) -> Listing[InboxItem]:
    """What came in, newest first: routing only; `openings` of its referral shows what is in it."""
    page = bridge.edge.inbox(place_of(bridge, "inbox", cursor), limit)
    items = [shown.inbox_item(entry) for entry in page.items]
    return Listing(items=items, next=opaque(bridge, "inbox", page.next))
