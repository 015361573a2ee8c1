"""Before every page: who is not signed in, or no longer, is sent to the sign-in page, and nothing is done."""

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ngo_bridge.commands import Clock
from ngo_bridge.database import StoreUnavailable
from ngo_bridge.guards import is_page
from ngo_bridge.sign_in.cookies import Cookies, brought
from ngo_bridge.sign_in.sessions import Session, SessionBook
from referral_exchange import problems

SIGN_IN = "/sign-in"
_FOR_EVERYBODY = (SIGN_IN, "/style.css", "/enhance.js")
_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_PLACE = re.compile(
    rf"/(?:offer|services|printed-list|inbox|notices|withdraw/(?:{_ID}|elsewhere)|withdraw|referrals/{_ID})"
)
_LOOKS_AGAIN = "x-looks-again"


@dataclass(frozen=True, slots=True)
class SignedInOnly:
    """ASGI middleware: puts the session of a page's request into `state.session`, or sends to the sign-in."""

    app: ASGIApp
    sessions: SessionBook
    cookies: Cookies
    clock: Clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        answer = await self._instead(scope) if _is_for_people(scope) else None
        await (answer or self.app)(scope, receive, send)

    async def _instead(self, scope: Scope) -> Response | None:
        request = HTTPConnection(scope)
        cookie, used = brought(request, self.cookies.session), not by_itself(request)
        try:
            sought = (cookie, self.clock(), used)
            found = await run_in_threadpool(self.sessions.find, *sought) if cookie else None
        except StoreUnavailable:
            return problems.response(problems.of_status(503), {"retry-after": "2"})
        scope.setdefault("state", {}).update(session=found, actor=found and found.caseworker_id)
        if found is not None or scope["path"] in _FOR_EVERYBODY:
            return None
        return _to_sign_in(scope, ended=bool(cookie) or scope["method"] == "POST")


def _is_for_people(scope: Scope) -> bool:
    return scope["type"] == "http" and is_page(scope["path"])


def _to_sign_in(scope: Scope, *, ended: bool) -> Response:
    asked = {"place": place_of(scope["path"]), "said": "ended" if ended else ""}
    named = urlencode({name: value for name, value in asked.items() if value})
    return RedirectResponse(f"{SIGN_IN}?{named}" if named else SIGN_IN, 303)


def place_of(path: str) -> str:
    """The page of ours that `path` leads to or begins with; empty for the first page and for what is none.

    Nothing else is ever gone to after a sign-in, so a link cannot lead away from here.
    """
    found = _PLACE.match(path)
    return found[0] if found else ""


def by_itself(request: HTTPConnection) -> bool:
    """Whether a page looks again by itself: that is no use of a session, which ends all the same."""
    return _LOOKS_AGAIN in request.headers


def session_of(request: HTTPConnection) -> Session | None:
    """Who is signed in."""
    found: Session | None = getattr(request.state, "session", None)
    return found
