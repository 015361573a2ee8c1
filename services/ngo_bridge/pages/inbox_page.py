"""What waits: for us, for others, and how long. The page that a caseworker opens first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from ngo_bridge import rules
from ngo_bridge.bridge import Bridge
from ngo_bridge.pages.names import names_of
from ngo_bridge.pages.offer_consent import LATER_CLASSES
from ngo_bridge.pages.referral_forms import choices
from ngo_bridge.pages.rendering import show
from ngo_bridge.pages.visitor import VisitOf
from participant_edge.views import Direction, InboxEntry, ReferralView

router = APIRouter(include_in_schema=False)

MOST = 1000
"""Referrals that one page looks through; with more the page says so."""

_AT_ONCE = 100
_LATER = frozenset(LATER_CLASSES)
_CLOSED_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Row:
    """One referral on the page. `handed_over`: the name has gone out or come in, or never will."""

    view: ReferralView
    handed_over: bool

    @property
    def since(self) -> datetime:
        """Since when it waits."""
        return rules.waits_since(self.view)

    @property
    def next(self) -> rules.NextStep:
        """What to do next."""
        return rules.next_step(self.view, self.handed_over)


@dataclass(frozen=True, slots=True)
class Lanes:
    """The rows by lane, the most urgent first, then the longest waiting; what ended, newest first."""

    rows: dict[rules.Lane, list[Row]]
    more: bool


@router.get("/", response_class=HTMLResponse)
def inbox(visit: VisitOf, done: str = "") -> HTMLResponse:
    """The page."""
    bridge = visit.bridge
    return show(
        visit,
        "inbox.html",
        lanes=lanes(bridge),
        names=names_of(bridge.edge),
        actions=rules.actions,
        held=sum(1 for entry in _newest_entries(bridge) if entry.state == "held"),
        sent=done == "sent",
        declines=choices()["declines"],
    )


def lanes(bridge: Bridge) -> Lanes:
    """Every referral in its lane: an old one that waits is never on a second page."""
    views, more = views_of(bridge)
    rows: dict[rules.Lane, list[Row]] = {name: [] for name in rules.LANES}
    now = bridge.clock()
    for view in views:
        row = _row(bridge, view)
        rows[rules.lane(row.view, row.handed_over, now)].append(row)
    for name, found in rows.items():
        if name != "closed":
            found.sort(key=lambda row: rules.first_come(row.view))
    rows["closed"] = rows["closed"][:_CLOSED_SHOWN]
    return Lanes(rows, more)


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


def _row(bridge: Bridge, view: ReferralView) -> Row:
    """Steps are asked for only where they tell something: how long it waits, whether the name went out."""
    if view.standing != "live" or view.state not in (*rules.UNANSWERED, "accepted"):
        return Row(view, False)
    known = bridge.edge.referral(view.referral_id)
    nothing_more = view.direction == "sent" and not bridge.edge.covered(view.referral_id) & _LATER
    return Row(known, rules.handed_over(known) or nothing_more)


def _newest_entries(bridge: Bridge) -> Iterator[InboxEntry]:
    yield from bridge.edge.inbox(None, _AT_ONCE).items
