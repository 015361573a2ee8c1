"""For supervisors: who may sign in here, who is signed in, and how that ends."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from ngo_bridge.pages.rendering import go_to, show
from ngo_bridge.pages.visitor import Submitted, Visit, VisitOf
from ngo_bridge.sign_in.audit import Entry
from ngo_bridge.sign_in.caseworkers import Caseworker
from referral_exchange import problems

router = APIRouter(prefix="/caseworkers", include_in_schema=False)

DONE = ("ended", "revoked")
"""What the page can say was just done; names of texts."""


@router.get("", response_class=HTMLResponse)
def page(visit: VisitOf, done: str = "") -> HTMLResponse:
    """The page. Raises Problem where who asks is no supervisor."""
    _only_supervisors(visit)
    desk = visit.bridge.desk
    return show(
        visit,
        "caseworkers.html",
        everyone=[each for each in desk.caseworkers.all() if each.revoked_at is None],
        live=desk.sessions.live(visit.bridge.clock()),
        done=done if done in DONE else "",
    )


@router.post("/{caseworker_id}/sign-out")
def end_sessions(caseworker_id: str, visit: VisitOf, form: Submitted) -> Response:
    """Ends every session of a colleague."""
    colleague = _colleague(visit, caseworker_id)
    visit.bridge.desk.sessions.end_all(colleague.caseworker_id)
    return _done(visit, Entry(kind="sessions-revoked", about=colleague.caseworker_id), "ended")


@router.post("/{caseworker_id}/revoke")
def revoke(caseworker_id: str, visit: VisitOf, form: Submitted) -> Response:
    """Takes a colleague's account away, from this moment on."""
    colleague, desk = _colleague(visit, caseworker_id), visit.bridge.desk
    desk.caseworkers.revoke(colleague.caseworker_id, visit.bridge.clock())
    desk.sessions.end_all(colleague.caseworker_id)
    return _done(visit, Entry(kind="account-revoked", about=colleague.caseworker_id), "revoked")


def _only_supervisors(visit: Visit) -> None:
    """To anybody else there is no such page."""
    if visit.who.role != "supervisor":
        raise problems.unknown()


def _colleague(visit: Visit, caseworker_id: str) -> Caseworker:
    """Nobody takes away their own account: a desk without a supervisor could not be mended from here."""
    _only_supervisors(visit)
    found = visit.bridge.desk.caseworkers.find(caseworker_id)
    if found is None or found.caseworker_id == visit.who.caseworker_id:
        raise problems.unknown()
    return found


def _done(visit: Visit, entry: Entry, done: str) -> Response:
    noted = Entry(kind=entry.kind, actor=visit.who.caseworker_id, about=entry.about)
    visit.bridge.desk.audit.note(noted, visit.bridge.clock())
    return go_to(f"/caseworkers?done={done}")
