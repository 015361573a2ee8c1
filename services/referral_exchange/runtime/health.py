"""`/health/live` and `/health/ready` for a process that serves nothing else over HTTP."""

import json
import threading
from collections.abc import Callable, Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any, Self

from referral_exchange import http_headers
from referral_exchange.runtime.tls_server import threading_server
from referral_exchange.settings import Tls

Report = Callable[[], tuple[bool, Mapping[str, Any]]]
"""Whether the process can work, and the figures that say why; nothing about a person."""


class HealthServer:
    """Answers on a thread of its own from the moment it is made."""

    def __init__(self, host: str, port: int, report: Report, tls: Tls | None = None) -> None:
        """Binds `host`:`port` (0: any free port). `tls`: only whoever shows a certificate is answered.

        Raises OSError where the port is taken, SettingsError where `tls` is missing or cannot be used.
        """
        self._server = threading_server((host, port), partial(_Handler, report), tls)
        self._thread = threading.Thread(target=self._server.serve_forever, name="health", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stops answering."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes."""
        self.close()


class _Handler(BaseHTTPRequestHandler):
    timeout = 5

    def __init__(self, report: Report, *args: Any) -> None:
        self._report = report
        super().__init__(*args)

    def do_GET(self) -> None:
        """The two health pages; all else is 404."""
        if self.path == "/health/live":
            self._answer(200, {"live": True})
        elif self.path == "/health/ready":
            ready, figures = self._report()
            self._answer(200 if ready else 503, {"ready": ready, **figures})
        else:
            self._answer(404, {"detail": "only /health/live and /health/ready are here"})

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads who asked for health."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """The status alone: the library would repeat the request line, which the sender chooses."""
        self._answer(code, {"detail": "only GET of /health/live and /health/ready is answered here"})

    def version_string(self) -> str:
        """Nothing about what it is built with."""
        return "health"

    def end_headers(self) -> None:
        """What every answer of ours carries."""
        http_headers.end_headers(self)
        super().end_headers()

    def _answer(self, status: int, body: Mapping[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
