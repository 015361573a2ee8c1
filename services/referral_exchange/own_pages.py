"""Keeps other web pages away from ours: for every service that shows pages."""

from collections.abc import Callable, Iterable, Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from referral_exchange import problems
from referral_exchange.problems import Problem

HEALTH = "/health"
_JSON, _FORM = "application/json", "application/x-www-form-urlencoded"
_READING = frozenset({"GET", "HEAD"})
_FOREIGN = frozenset({"cross-site", "same-site"})


def every_page(path: str) -> bool:
    """For a service that has pages only."""
    return True


class OwnPagesOnly:
    """ASGI middleware: takes requests that name one of our origins, from programs or our own pages."""

    def __init__(
        self, app: ASGIApp, origins: Iterable[str], is_page: Callable[[str], bool] = every_page
    ) -> None:
        """`origins`: scheme, host and port under which the service is reached.

        `is_page`: whether a person, not a program, asks for a path.
        """
        self._app = app
        self._is_page = is_page
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
        if not self._ours(headers, self._is_page(path)):
            return cross_site()
        return _media_objection(headers, self._is_page(path))

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
        "This service does not answer under this name",
        "Use the address that its settings name, or add it to `origins` there.",
    )


def cross_site() -> Problem:
    """Another site's page sent this."""
    return Problem(
        403,
        "cross-site",
        "Another web page sent this",
        "Open its own page, or send it from a program without Origin.",
    )
