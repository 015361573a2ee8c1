"""What stands before the routes: our own name only, no other site's page."""

from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from referral_exchange import problems
from referral_exchange.problems import Problem

_HEALTH = "/health"
_READING = frozenset({"GET", "HEAD"})
_FOREIGN = frozenset({"cross-site", "same-site"})


class OwnNameOnly:
    """ASGI middleware: no web page may read or change anything through a browser on this machine."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        """`hosts`: host and port under which the service is reached."""
        self._app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        found = self._objection(scope) if scope["type"] == "http" else None
        answer = problems.response(found) if found else self._app
        await answer(scope, receive, send)

    def _objection(self, scope: Scope) -> Problem | None:
        headers = Headers(scope=scope)
        if str(scope["path"]).startswith(_HEALTH):
            return None
        if headers.get("host", "") not in self._hosts:
            detail = "Use the address in the service's settings, or add it to `hosts` there."
            return Problem(421, "wrong-host", "The directory does not answer under this name", detail)
        foreign = headers.get("sec-fetch-site") in _FOREIGN
        if foreign or ("origin" in headers and scope["method"] not in _READING):
            detail = "Send it from a program, without Origin."
            return Problem(403, "cross-site", "A web page sent this", detail)
        return None
