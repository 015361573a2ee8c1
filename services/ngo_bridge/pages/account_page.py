"""One's own account: where one is signed in, and another password."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from ngo_bridge.pages.form import Form
from ngo_bridge.pages.rendering import Again, show
from ngo_bridge.pages.sign_in_page import attempt, gone
from ngo_bridge.pages.visitor import Submitted, Visit, VisitOf
from ngo_bridge.pages.words import words
from ngo_bridge.sign_in import rules
from ngo_bridge.sign_in.passwords import Busy
from referral_exchange import problems

router = APIRouter(prefix="/account", include_in_schema=False)

_FAULTS: dict[rules.PasswordFault, str] = {
    "too-short": "password_short",
    "too-long": "password_long",
    "same-as-name": "password_name",
}


@router.get("", response_class=HTMLResponse)
def page(visit: VisitOf) -> HTMLResponse:
    """The page."""
    return _show(visit)


@router.post("/password", response_class=HTMLResponse)
def change_password(visit: VisitOf, form: Submitted) -> Response:
    """Another password, for who knows the present one and has a fresh code. Ends every session."""
    fresh = str(form.data.get("fresh", ""))
    fault = rules.password_fault(fresh, visit.who.name)
    if fault is not None:
        return _mend(visit, "fresh", _FAULTS[fault])
    try:
        changed = visit.bridge.desk.change_password(
            attempt(visit, form, visit.who.name), fresh, visit.bridge.clock()
        )
    except Busy:
        raise problems.of_status(503) from None
    return gone(visit, "changed") if changed else _mend(visit, "password", "not_you")


def _mend(visit: Visit, field: str, error: str) -> HTMLResponse:
    """The page anew, with nothing of what was typed."""
    empty = Form()
    empty.blame(field, error, least=rules.LEAST_PASSWORD)
    return _show(visit, Again(empty))


def _show(visit: Visit, again: Again | None = None) -> HTMLResponse:
    live = visit.bridge.desk.sessions.live(visit.bridge.clock()).get(visit.who.caseworker_id, 0)
    role = words()["sign_in"][f"role_{visit.who.role}"]
    return show(visit, "account.html", again, live=live, role=role, least=rules.LEAST_PASSWORD)
