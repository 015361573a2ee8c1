"""The HTTP server around the bridge: streams end first when it stops, and no closed connection lingers."""

import asyncio
import socket
from typing import Any, cast

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from ngo_bridge.bridge import Bridge
from referral_exchange.runtime.tls import outward
from referral_exchange.settings import Tls

LINGER_S = 2.0
"""Seconds in which a closed connection may still take what was written to it."""

SEND_BUFFER = 64 * 1024
"""Bytes that the system keeps for a client that does not read; the server itself keeps as much again."""

GRACE_S = 10
"""Seconds that open requests get when the bridge is told to stop."""

KEEP_ALIVE_S = 60


class _Prompt:
    """A transport whose `close` is followed by `abort`: a client that never reads cannot hold it open."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def close(self) -> None:
        self._transport.close()
        asyncio.get_running_loop().call_later(LINGER_S, self._transport.abort)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class PromptProtocol(H11Protocol):
    """uvicorn's own, over such a transport and with a send buffer of a known size."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """One client connected."""
        connected = transport.get_extra_info("socket")
        if connected is not None:
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        super().connection_made(cast(asyncio.Transport, _Prompt(transport)))


class BridgeServer(uvicorn.Server):
    """uvicorn's own, which ends the event streams before it waits for requests to finish."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stops."""
        bridge: Bridge = cast(FastAPI, self.config.app).state.bridge
        await bridge.feed.end()
        await super().shutdown(sockets)


def server(app: FastAPI, host: str, port: int, tls: Tls | None = None) -> BridgeServer:
    """A server that has not started yet: HTTPS unless only this machine reaches it. Raises SettingsError."""
    context = outward(host, tls)
    return BridgeServer(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            http=PromptProtocol,
            ssl_context_factory=(lambda *_: context) if context else None,
            access_log=False,
            server_header=False,
            log_config=None,
            # Who calls is who connects: a header cannot say that it comes from this machine.
            proxy_headers=False,
            timeout_graceful_shutdown=GRACE_S,
            timeout_keep_alive=KEEP_ALIVE_S,
        )
    )
