"""Which language the present request is answered in: asked for, remembered, or what the browser prefers."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from babel import Locale
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LANGUAGES: Mapping[str, Locale] = {tag: Locale(tag, "US") for tag in ("en", "es")}
"""Those with a catalogue in every service; the first is spoken where nobody asks for another.

Times are written as in the United States in each of them.
"""

OWN_NAMES: Mapping[str, str] = {tag: str(each.get_language_name()) for tag, each in LANGUAGES.items()}
"""Each as its own speakers call it."""

FIELD = "language"
"""Of the query, and of the cookie where there is one: `?language=es`."""

_USUAL = next(iter(LANGUAGES))
_RANGE = re.compile(r"(?P<tag>[A-Za-z0-9-]+)(?:\s*;\s*[qQ]=(?P<weight>[01](?:\.[0-9]{0,3})?))?")
"""One wish of Accept-Language (RFC 9110, 12.5.4)."""

_SPOKEN: ContextVar[str] = ContextVar("spoken", default=_USUAL)


def spoken() -> str:
    """The tag of the language of the present request."""
    return _SPOKEN.get()


def locale() -> Locale:
    """The same as a locale."""
    return LANGUAGES[_SPOKEN.get()]


@contextmanager
def speaking(tag: str) -> Iterator[None]:
    """In this block everything is said in `tag`. Raises KeyError where it has no catalogue."""
    before = _SPOKEN.set(LANGUAGES[tag].language)
    try:
        yield
    finally:
        _SPOKEN.reset(before)


def chosen(query: str, cookies: str, accepted: str) -> str:
    """The language for a request, from its query, its cookies and its Accept-Language."""
    asked = parse_qs(query).get(FIELD, [""])[-1]
    for tag in (asked, _remembered(cookies)):
        if tag in LANGUAGES:
            return tag
    return next((tag for tag in _preferred(accepted) if tag in LANGUAGES), _USUAL)


def _remembered(cookies: str) -> str:
    try:
        found = SimpleCookie(cookies).get(FIELD)
    except CookieError:
        return ""
    return found.value if found else ""


def _preferred(accepted: str) -> list[str]:
    """The tags of Accept-Language, the most wanted first; what is no language is passed over."""
    weighed = [_weighed(each) for each in accepted.split(",")[:20]]
    return [tag for weight, tag in sorted(weighed, key=lambda pair: -pair[0]) if weight > 0]


def _weighed(one: str) -> tuple[float, str]:
    found = _RANGE.fullmatch(one.strip())
    return (float(found["weight"] or 1), found["tag"].split("-")[0].lower()) if found else (0.0, "")


@dataclass(frozen=True, slots=True)
class Speaks:
    """ASGI middleware: sets the language of each request.

    `remembers`: whether a language that was asked for is kept in a cookie of the browser.
    """

    app: ASGIApp
    remembers: bool = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers, query = Headers(scope=scope), scope["query_string"].decode("latin-1")
        cookies = headers.get("cookie", "") if self.remembers else ""
        tag = chosen(query, cookies, headers.get("accept-language", ""))
        keeps = self.remembers and f"{FIELD}={tag}" in query and _remembered(cookies) != tag
        secure = "; Secure" if scope.get("scheme") == "https" else ""

        async def saying(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                answer["content-language"] = tag
                if keeps:
                    answer.append("set-cookie", f"{FIELD}={tag}; Path=/; HttpOnly; SameSite=Strict{secure}")
            await send(message)

        with speaking(tag):
            await self.app(scope, receive, saying)
