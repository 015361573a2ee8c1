"""Keeps other web pages away from this bridge, and tells browsers to keep nothing and run nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from referral_exchange import problems
from referral_exchange.problems import Problem

SECURITY_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), interest-cohort=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""On every answer, whatever it is."""

API = "/v1"
HEALTH = "/health"
_JSON, _FORM = "application/json", "application/x-www-form-urlencoded"
_READING = frozenset({"GET", "HEAD"})
_FOREIGN = frozenset({"cross-site", "same-site"})


def is_page(path: str) -> bool:
    """Whether a person, not a program, asks for `path`."""
    return not path.startswith((API, HEALTH, "/openapi"))


@dataclass(frozen=True, slots=True)
class SecurityHeaders:
    """ASGI middleware: `SECURITY_HEADERS` on every answer."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(SECURITY_HEADERS)
            await send(message)

        await self.app(scope, receive, with_headers)


class OwnPagesOnly:
    """ASGI middleware: takes requests that name one of our origins, from programs or our own pages."""

    def __init__(self, app: ASGIApp, origins: Iterable[str]) -> None:
        """`origins`: scheme, host and port under which the bridge is reached."""
        self._app = app
        self._origins = frozenset(origins)
        self._hosts = frozenset(urlsplit(origin).netloc for origin in self._origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        found = self._objection(scope) if scope["type"] == "http" else None
        answer = problems.response(found) if found else self._app
        await answer(scope, receive, send)

    def _objection(self, scope: Scope) -> Problem | None:
        headers, path = Headers(scope=scope), str(scope["path"])
        if path.startswith(HEALTH):
            return None
        if headers.get("host", "") not in self._hosts:
            return wrong_host()
        if scope["method"] in _READING:
            return cross_site() if _embedded(headers) else None
        if not self._ours(headers, is_page(path)):
            return cross_site()
        return _media_objection(headers, is_page(path))

    def _ours(self, headers: Mapping[str, str], page: bool) -> bool:
        """With `Referrer-Policy: no-referrer` a browser calls even our own form's origin `null`."""
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site in _FOREIGN:
            return False
        return origin in (None, *self._origins) or (origin == "null" and (site == "same-origin" or page))


def _embedded(headers: Mapping[str, str]) -> bool:
    """Whether another site's page loads this as a part of itself; following a link is not that."""
    return headers.get("sec-fetch-site") in _FOREIGN and headers.get("sec-fetch-dest") != "document"


def _media_objection(headers: Mapping[str, str], page: bool) -> Problem | None:
    given = headers.get("content-type", "").split(";")[0].strip().lower()
    without_body = headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers
    if given == (_FORM if page else _JSON) or (without_body and not given):
        return None
    return problems.of_status(415)


def wrong_host() -> Problem:
    """The request came in under a name that is not ours: a sign of DNS rebinding, or of a setting to mend."""
    return Problem(
        421,
        "wrong-host",
        "This bridge does not answer under this name",
        "Use the address that the bridge's settings name, or add it to `origins` there.",
    )


def cross_site() -> Problem:
    """Another site's page sent this."""
    return Problem(
        403,
        "cross-site",
        "Another web page sent this",
        "Open the bridge's own page, or send it from a program without Origin.",
    )
