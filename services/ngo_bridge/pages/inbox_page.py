"""What came in: to answer, to serve, to delete, each with its form right there."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from ngo_bridge import rules
from ngo_bridge.bridge import Bridge
from ngo_bridge.pages import lanes
from ngo_bridge.pages.names import names_of
from ngo_bridge.pages.referral_forms import choices
from ngo_bridge.pages.rendering import show
from ngo_bridge.pages.today_page import held
from ngo_bridge.pages.visitor import VisitOf
from participant_edge.views import Direction, ReferralView

router = APIRouter(prefix="/inbox", include_in_schema=False)

MOST = 1000
"""Referrals that one list looks through; with more the page says so."""

_AT_ONCE = 100


@router.get("", response_class=HTMLResponse)
def inbox(visit: VisitOf) -> HTMLResponse:
    """The page."""
    bridge = visit.bridge
    came = lanes.current(bridge, "received")
    return show(
        visit,
        "inbox.html",
        lanes=lanes.lanes(bridge, lanes.rows_of(bridge, came)),
        names=names_of(bridge.edge),
        actions=rules.actions,
        most_cards=lanes.MOST_CARDS,
        held=held(bridge),
        **choices(),
    )


def views_of(bridge: Bridge, direction: Direction | None = None) -> tuple[list[ReferralView], bool]:
    """Referrals up to `MOST`, and whether there are more."""
    found: list[ReferralView] = []
    cursor: str | None = None
    while True:
        page = bridge.edge.referrals(direction, cursor, _AT_ONCE)
        found.extend(page.items)
        cursor = page.next
        if cursor is None or len(found) >= MOST:
            return found, cursor is not None
