"""A strict agency system over HTTP, which honours `Idempotency-Key` or, told so, does not."""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import httpx

from participant_edge.delivery import Effect, Guard, NotDelivered


@dataclass
class Agency:
    """What the system saw. `answers`: the next statuses, then 200; -1: taken, but not answered."""

    honours_keys: bool = True
    answers: list[int] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    effects: list[dict[str, Any]] = field(default_factory=list)
    _known: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, key: str, body: dict[str, Any]) -> int:
        with self._lock:
            self.requests.append(key)
            status = self.answers.pop(0) if self.answers else 200
            if status in (200, -1) and not (self.honours_keys and key in self._known):
                self._known.add(key)
                self.effects.append(body)
            return status


class AgencyServer:
    """`Agency` on a port of its own."""

    def __init__(self, agency: Agency) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status = agency.take(self.headers["Idempotency-Key"], body)
                if status == -1:
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                return None

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclass
class HttpDelivery:
    """How a connector would hand things over: one POST an effect."""

    url: str
    guard: Guard = "idempotency-key"
    opens: bool = True

    def deliver(self, effect: Effect) -> None:
        body = {
            "event": type(effect.event).__name__,
            "parts": [{"class": part.data_class, **part.record.to_datum()} for part in effect.parts],
        }
        try:
            answer = httpx.post(self.url, json=body, headers={"Idempotency-Key": effect.effect_id}, timeout=2)
        except httpx.HTTPError:
            raise NotDelivered("unreachable") from None
        if answer.status_code != 200:
            raise NotDelivered(f"http-{answer.status_code}")
