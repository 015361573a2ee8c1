"""Who asks over HTTP: the common name of the client's certificate, in the ASGI scope of each request."""

import asyncio
from collections.abc import Mapping
from typing import Any, cast

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

EXTENSION = "tls_peer"
"""Key of `scope["extensions"]`; its value has `common_name`."""


class PeerProtocol(H11Protocol):
    """uvicorn's own, which tells the application whose certificate the connection showed."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """One client connected, its certificate checked."""
        super().connection_made(transport)
        name = common_name(transport.get_extra_info("peercert"))
        if name is not None:
            self.app = cast(Any, _naming(self.app, name))


def peer_of(request: HTTPConnection) -> str | None:
    """The principal that asks; None where the connection is not mutual TLS."""
    told: Mapping[str, str] = request.scope.get("extensions", {}).get(EXTENSION, {})
    return told.get("common_name")


def common_name(certificate: Mapping[str, Any] | None) -> str | None:
    """The one common name of a certificate as `getpeercert` gives it; None where there is not exactly one."""
    subject = [pair for pairs in (certificate or {}).get("subject", ()) for pair in pairs]
    return str(subject[0][1]) if [kind for kind, _ in subject] == ["commonName"] else None


def _naming(app: ASGIApp, name: str) -> ASGIApp:
    async def named(scope: Scope, receive: Receive, send: Send) -> None:
        scope["extensions"] = {**scope.get("extensions", {}), EXTENSION: {"common_name": name}}
        await app(scope, receive, send)

    return named
