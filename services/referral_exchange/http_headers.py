"""What every HTTP answer tells a browser: keep nothing, run our script alone, ask nobody else, no frames."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from ssl import SSLSocket
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from referral_exchange import problems
from referral_exchange.http_guard import place_of

_NOTHING_ELSE = "base-uri 'none'; frame-ancestors 'none'"
_OF_PROGRAMS = f"default-src 'none'; form-action 'none'; {_NOTHING_ELSE}"
_OF_PAGES = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
    f"form-action 'self'; {_NOTHING_ELSE}"
)
"""A page has one style sheet and one script of its own, pictures that stand in it, and forms that come back
to it.
"""

_DEVICES = ("camera", "display-capture", "geolocation", "gyroscope", "microphone", "payment", "usb")

ALWAYS: Mapping[str, str] = {
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": ", ".join(f"{each}=()" for each in (*_DEVICES, "browsing-topics")),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-dns-prefetch-control": "off",
    "x-frame-options": "DENY",
}
"""On every answer of every service, whatever it is."""

OVER_TLS: Mapping[str, str] = {"strict-transport-security": "max-age=31536000"}
"""Only where TLS is spoken already: for a year a browser asks in no other way."""

log = logging.getLogger(__name__)


def headers(*, pages: bool, tls: bool) -> dict[str, str]:
    """The headers of one answer. `pages`: the service shows pages; `tls`: it was asked over TLS."""
    policy = {"content-security-policy": _OF_PAGES if pages else _OF_PROGRAMS}
    return {**ALWAYS, **policy, **(OVER_TLS if tls else {})}


@dataclass(frozen=True, slots=True)
class SecurityHeaders:
    """ASGI middleware, the outermost: headers on every answer, and a bare 500 for what nobody caught."""

    app: ASGIApp
    pages: bool = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        fixed = headers(pages=self.pages, tls=scope.get("scheme") == "https")
        started = False

        async def with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                MutableHeaders(scope=message).update(fixed)
            await send(message)

        try:
            await self.app(scope, receive, with_headers)
        except Exception as error:  # noqa: BLE001 - beyond this the framework would log the error's text
            log.error("a request failed outside every guard: %s", place_of(error))
            if not started:
                await problems.response(problems.of_status(500))(scope, receive, with_headers)


async def on_prepare(request: Any, response: Any) -> None:
    """For `on_response_prepare` of an aiohttp application that shows pages."""
    response.headers.update(headers(pages=True, tls=request.scheme == "https"))


def end_headers(handler: BaseHTTPRequestHandler) -> None:
    """For `end_headers` of the standard library's handlers, before the library's own."""
    for name, value in headers(pages=False, tls=isinstance(handler.connection, SSLSocket)).items():
        handler.send_header(name, value)
