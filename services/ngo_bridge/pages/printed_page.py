"""One page to print ahead: for the day when the exchange, or this site, is down."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from ngo_bridge import rules, searching
from ngo_bridge.bridge import Bridge
from ngo_bridge.pages import offer_lists, offer_who
from ngo_bridge.pages.consent_classes import LATER_CLASSES
from ngo_bridge.pages.form import Form
from ngo_bridge.pages.names import names_of
from ngo_bridge.pages.rendering import Again, show
from ngo_bridge.pages.visitor import VisitOf
from ngo_bridge.searching import Wish
from participant_edge.views import ReferralView

router = APIRouter(prefix="/printed-list", include_in_schema=False)

MOST = 500
"""References on one page; with more the page says so."""

_AT_ONCE = 100
_REFERENCE = 8
"""Characters of a reference, as pages show it everywhere."""


@router.get("", response_class=HTMLResponse)
def printed(visit: VisitOf) -> HTMLResponse:
    """The page. Of people it shows nothing: of referrals their references alone."""
    edge = visit.bridge.edge
    names, rooms = names_of(edge), searching.rooms(edge.capacities(), visit.bridge.clock())
    references, more = open_references(visit.bridge)
    return show(
        visit,
        "printed_list.html",
        Again(Form(), status=200),
        names=names,
        matches=offer_who.listed(names, rooms, Wish()),
        references=references,
        more=more,
        later_classes=LATER_CLASSES,
        must_report=visit.bridge.config.must_report,
        **offer_lists.search_lists(names),
    )


def open_references(bridge: Bridge) -> tuple[list[str], bool]:
    """References of what is open here, in an order that tells nothing, and whether there are more."""
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = bridge.edge.referrals(None, cursor, _AT_ONCE)
        found += [view.referral_id[:_REFERENCE] for view in page.items if _is_open(view)]
        cursor = page.next
        if cursor is None or len(found) >= MOST:
            return sorted(found), cursor is not None


def _is_open(view: ReferralView) -> bool:
    return (view.state in rules.OPEN and view.standing == "live") or view.purge == "asked"
