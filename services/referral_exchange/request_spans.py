"""One server span a request: named by its route template, never by a path or a value."""

import time
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from referral_exchange import tracing
from referral_exchange.answer_status import AnswerStatus

_TRACED = ("POST", "PUT", "PATCH", "DELETE")
"""Looking changes nothing; a page that looks every second would bury the journey."""


@dataclass(frozen=True, slots=True)
class RequestSpans:
    """ASGI middleware: records a span once the answer is out."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["method"] not in _TRACED:
            await self.app(scope, receive, send)
            return
        watched = AnswerStatus(send)
        scope.setdefault("state", {})
        start = time.time_ns()
        try:
            await self.app(scope, receive, watched)
        finally:
            _record(scope, start, watched.status)


def _record(scope: Scope, start_ns: int, status: int) -> None:
    route = getattr(scope.get("route"), "path", None)
    name = tracing.request_name(scope["method"], route)
    tracing.record(
        name,
        "server",
        start_ns,
        time.time_ns(),
        referral_id=scope["state"].get("referral_id"),
        http_request_method=scope["method"],
        http_response_status_code=status,
        **({"http_route": route} if route and name != "serve" else {}),
    )
