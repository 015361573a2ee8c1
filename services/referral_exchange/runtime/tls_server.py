"""The standard library's threading HTTP server, over mutual TLS."""

import ssl
from collections.abc import Callable
from http.server import ThreadingHTTPServer
from socket import socket
from socketserver import BaseRequestHandler
from typing import Any

from referral_exchange.runtime.tls import between_machines
from referral_exchange.settings import Tls

HANDSHAKE_S = 5.0
"""Seconds that a client gets for its handshake, on a thread of its own."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shakes hands first, in the request's thread: a slow client holds up nobody else."""
        if isinstance(request, ssl.SSLSocket):
            request.settimeout(HANDSHAKE_S)
            try:
                request.do_handshake()
            except OSError:
                return
        super().finish_request(request, client_address)


def threading_server(
    address: tuple[str, int], handler: Callable[..., BaseRequestHandler], tls: Tls | None
) -> ThreadingHTTPServer:
    """A server that listens from now on. Raises OSError; SettingsError, see `tls.between_machines`."""
    context = between_machines(address[0], tls)
    server = _Server(address, handler)
    if context is not None:
        server.socket = _shaking_hands_later(context, server.socket)
    return server


def _shaking_hands_later(context: ssl.SSLContext, listening: socket) -> socket:
    return context.wrap_socket(listening, server_side=True, do_handshake_on_connect=False)
