"""What stands before the routes: our own name only, no other site's page, a span for every change."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from referral_exchange import problems, tracing
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


@dataclass(frozen=True, slots=True)
class RequestSpans:
    """ASGI middleware: one server span a change, named by its route template."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["method"] in _READING:
            await self.app(scope, receive, send)
            return
        seen = {"status": 500}

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
            await send(message)

        start = time.time_ns()
        try:
            await self.app(scope, receive, watched)
        finally:
            _record(scope, start, seen["status"])


def _record(scope: Scope, start_ns: int, status: int) -> None:
    route = getattr(scope.get("route"), "path", None)
    name = tracing.request_name(scope["method"], route)
    tracing.record(
        name,
        "server",
        start_ns,
        time.time_ns(),
        http_request_method=scope["method"],
        http_response_status_code=status,
        **({"http_route": route} if route and name != "serve" else {}),
    )
