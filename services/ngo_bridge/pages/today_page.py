"""Today: what needs somebody here now, what waits for others and how long, what changed. The first page."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from ngo_bridge import rules
from ngo_bridge.bridge import Bridge
from ngo_bridge.pages import lanes
from ngo_bridge.pages.names import names_of
from ngo_bridge.pages.referral_forms import choices
from ngo_bridge.pages.rendering import show
from ngo_bridge.pages.visitor import VisitOf

router = APIRouter(include_in_schema=False)

DONE = ("sent", "heard", "checked")
"""What the page can say was just done; names of texts."""

_NEWS_SHOWN = 12
_AT_ONCE = 100


@router.get("/", response_class=HTMLResponse)
def today(visit: VisitOf, done: str = "") -> HTMLResponse:
    """The page."""
    bridge = visit.bridge
    rows = lanes.rows_of(bridge, lanes.current(bridge))
    changed = lanes.news(rows, bridge.clock())
    return show(
        visit,
        "today.html",
        lanes=lanes.lanes(bridge, rows),
        news=changed[:_NEWS_SHOWN],
        news_count=len(changed),
        loud=sum(1 for row in rows for matter in row.matters if matter.loud_at),
        names=names_of(bridge.edge),
        actions=rules.actions,
        most_cards=lanes.MOST_CARDS,
        held=held(bridge),
        done=done if done in DONE else "",
        declines=choices()["declines"],
        version=_version(rows),
    )


def held(bridge: Bridge) -> int:
    """How many of the newest messages wait for somebody to check their sender's new key."""
    return sum(1 for entry in bridge.edge.inbox(None, _AT_ONCE).items if entry.state == "held")


def _version(rows: list[lanes.Row]) -> str:
    """Another one whenever something happened; as time goes by it stays the same."""
    steps = sum(len(row.view.steps) + len(row.view.overdue) for row in rows)
    newest = max((row.view.updated_at for row in rows), default=None)
    return f"{len(rows)}.{steps}.{sum(len(row.matters) for row in rows)}.{newest and newest.timestamp()}"
