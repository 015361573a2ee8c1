"""Signing in and out. The page is the same for every kind of wrong, byte for byte."""

from datetime import timedelta

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from ngo_bridge.pages.form import Form
from ngo_bridge.pages.rendering import Again, go_to, show
from ngo_bridge.pages.told import Told
from ngo_bridge.pages.visitor import Submitted, Visit, VisitOf
from ngo_bridge.pages.words import words
from ngo_bridge.sign_in.audit import Entry
from ngo_bridge.sign_in.cookies import brought
from ngo_bridge.sign_in.desk import Attempt, NotSignedIn
from ngo_bridge.sign_in.door import place_of
from ngo_bridge.sign_in.passwords import Busy
from referral_exchange import problems
from referral_exchange.pages.words import fill

router = APIRouter(include_in_schema=False)

SAID = ("ended", "out", "changed")
"""What the page can say has happened; names of texts."""


@router.get("/sign-in", response_class=HTMLResponse)
def page(visit: VisitOf, place: str = "", said: str = "") -> Response:
    """The page; who is signed in already goes where they wanted to."""
    if visit.session is not None:
        return go_to(place_of(place) or "/")
    return _show(visit, place, said=said if said in SAID else "")


@router.post("/sign-in", response_class=HTMLResponse)
def sign_in(visit: VisitOf, form: Submitted) -> Response:
    """A new session, with a cookie that no browser had before; then the page that was wanted."""
    desk, cookies, now = visit.bridge.desk, visit.bridge.cookies, visit.bridge.clock()
    try:
        found = desk.sign_in(attempt(visit, form, form.value("name")), now)
    except Busy:
        raise problems.of_status(503) from None
    if isinstance(found, NotSignedIn):
        return _not_yet(visit, form.value("place"), found.wait)
    if visit.session is not None:
        desk.sessions.end(visit.session.digest)
    answer = go_to(place_of(form.value("place")) or "/")
    cookies.give_session(answer, found.cookie)
    cookies.give_browser(answer, found.browser)
    return answer


@router.post("/sign-out")
def sign_out(visit: VisitOf, form: Submitted) -> Response:
    """Ends this session."""
    visit.bridge.desk.sessions.end(visit.who.digest)
    entry = Entry(kind="signed-out", actor=visit.who.caseworker_id)
    visit.bridge.desk.audit.note(entry, visit.bridge.clock())
    return gone(visit, "out")


@router.post("/sign-out/everywhere")
def sign_out_everywhere(visit: VisitOf, form: Submitted) -> Response:
    """Ends every session of who asks, this one too."""
    visit.bridge.desk.sessions.end_all(visit.who.caseworker_id)
    entry = Entry(kind="signed-out-everywhere", actor=visit.who.caseworker_id)
    visit.bridge.desk.audit.note(entry, visit.bridge.clock())
    return gone(visit, "out")


def gone(visit: Visit, said: str) -> Response:
    """To the sign-in page, without the session's cookie."""
    answer = go_to(f"/sign-in?said={said}")
    visit.bridge.cookies.take_session(answer)
    return answer


def attempt(visit: Visit, form: Form, name: str) -> Attempt:
    """What was typed to show that one is `name`."""
    client = visit.request.client
    return Attempt(
        name=name,
        # As it was typed: what is tidied elsewhere may be a part of a password.
        password=str(form.data.get("password", ""))[:1000],
        code=form.value("code")[:20],
        source=client.host if client else "",
        browser=brought(visit.request, visit.bridge.cookies.browser),
    )


def _not_yet(visit: Visit, place: str, wait: timedelta) -> Response:
    t = words()["sign_in"]
    if not wait:
        return _show(visit, place, Told(t["wrong_title"], t["wrong"], 422))
    minutes = max(1, -(-int(wait.total_seconds()) // 60))
    said = t["wait"] if minutes > 1 else t["wait_one"]
    answer = _show(visit, place, Told(t["wait_title"], fill(said, minutes=minutes), 429))
    answer.headers["retry-after"] = str(minutes * 60)
    return answer


def _show(visit: Visit, place: str, told: Told | None = None, said: str = "") -> HTMLResponse:
    """Nothing that was typed comes back: the page tells nothing to who looks over a shoulder."""
    again = Again(Form(), None, told.status, told) if told else None
    return show(visit, "sign_in.html", again, place=place_of(place), said=said)
