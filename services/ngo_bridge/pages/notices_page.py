"""Notices that climb until somebody here says: I see to it."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from ngo_bridge.pages import lanes
from ngo_bridge.pages.names import names_of
from ngo_bridge.pages.rendering import go_to, show
from ngo_bridge.pages.visitor import Submitted, VisitOf
from participant_edge.errors import EdgeError, UnknownThing
from participant_edge.notices.notices import Notices, Report
from participant_edge.notices.rules import Matter
from referral_exchange import problems

router = APIRouter(prefix="/notices", include_in_schema=False)

_BACK = {"today": "/?done=heard", "checked": "/?done=checked"}


@router.get("", response_class=HTMLResponse)
def page(visit: VisitOf, done: str = "") -> HTMLResponse:
    """The page."""
    bridge = visit.bridge
    matters = bridge.notices.waiting() if bridge.notices else []
    views = {each.view.referral_id: each.view for each in lanes.current(bridge)} if matters else {}
    return show(
        visit,
        "notices.html",
        matters=sorted(matters, key=_first),
        views=views,
        down=_down(bridge.notices),
        names=names_of(bridge.edge),
        done="heard" if done == "heard" else "",
    )


@router.post("/{number}/heard")
def heard(number: int, visit: VisitOf, form: Submitted) -> Response:
    """Somebody sees to it: nobody else is told. Twice is the same as once."""
    notices = visit.bridge.notices
    if notices is None or not 0 < number < 2**63:
        raise problems.unknown()
    matter = next((each for each in notices.waiting() if each.number == number), None)
    if matter is not None:
        visit.concerns(matter.referral_id)
    _acknowledge(notices, number)
    return go_to(_BACK.get(form.value("back"), "/notices?done=heard"))


def _acknowledge(notices: Notices, number: int) -> None:
    """What ended meanwhile needs nobody any more."""
    try:
        notices.acknowledge(number)
    except UnknownThing:
        return
    except EdgeError:
        raise problems.of_status(503) from None


def _first(matter: Matter) -> tuple[bool, bool, int]:
    """What nobody answered, then what is urgent, then what is oldest."""
    return matter.loud_at is None, matter.urgency not in ("emergency", "urgent"), matter.number


def _down(notices: Notices | None) -> list[str]:
    """Ways out that do not work now; names of texts."""
    report: Report | None = notices.report() if notices else None
    return [each.name.partition(".")[0] for each in report.gateways if each.code] if report else []
