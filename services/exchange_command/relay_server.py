"""Takes OTLP/HTTP from the services of this machine."""

import gzip
import io
from collections.abc import Callable, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from exchange_command.otlp_zipkin import ZipkinSpan, to_zipkin
from referral_exchange import http_headers
from referral_exchange.runtime.tls_server import threading_server
from referral_exchange.settings import Tls

MOST_BYTES = 4 * 1024 * 1024
"""Largest request, packed or unpacked."""

_PROTOBUF = "application/x-protobuf"
_HEALTH = ("/health/live", "/health/ready")

Offer = Callable[[Sequence[ZipkinSpan]], bool]
"""Takes spans, or answers False where there is no room."""


class Refused(Exception):
    """A request that cannot be taken, with the status that says why."""

    def __init__(self, status: HTTPStatus) -> None:
        """`status` is the whole answer: the body of a bad request is never repeated."""
        super().__init__(status.phrase)
        self.status = status


def server(host: str, port: int, offer: Offer, tls: Tls | None = None) -> ThreadingHTTPServer:
    """A server that listens from now on and answers once `serve_forever` runs; `tls`: see HealthServer."""

    class Handler(_Handler):
        spans_to = staticmethod(offer)

    return threading_server((host, port), Handler, tls)


def read_request(body: bytes, encoding: str) -> ExportTraceServiceRequest:
    """The request in `body`. Raises Refused."""
    try:
        plain = _unpacked(body) if encoding == "gzip" else body
        request: ExportTraceServiceRequest = ExportTraceServiceRequest.FromString(plain)
    except (DecodeError, OSError, EOFError):
        raise Refused(HTTPStatus.BAD_REQUEST) from None
    return request


def _unpacked(body: bytes) -> bytes:
    plain = gzip.GzipFile(fileobj=io.BytesIO(body)).read(MOST_BYTES + 1)
    if len(plain) > MOST_BYTES:
        raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return plain


class _Handler(BaseHTTPRequestHandler):
    """One request. The library fixes the names of its methods and that it is a class."""

    protocol_version = "HTTP/1.1"
    # A sender that stops in the middle of a request holds a thread no longer than this.
    timeout = 30
    spans_to: Offer
    _was_read = False

    def do_GET(self) -> None:
        self._answer(HTTPStatus.OK if self.path in _HEALTH else HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        self._was_read = False
        try:
            spans = to_zipkin(read_request(self._body(), self.headers.get("Content-Encoding", "")))
        except Refused as refused:
            self._drain()
            self._answer(refused.status)
            return
        taken = self.spans_to(spans)
        self._answer(HTTPStatus.OK if taken else HTTPStatus.SERVICE_UNAVAILABLE)

    def log_message(self, format: str, *_args: object) -> None:
        """Nothing: the library would write down the request line, which the sender chooses."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """The status alone, for the same reason."""
        self.close_connection = True
        self._answer(HTTPStatus(code))

    def version_string(self) -> str:
        """Nothing about what it is built with."""
        return "trace_relay"

    def end_headers(self) -> None:
        """What every answer of ours carries."""
        http_headers.end_headers(self)
        super().end_headers()

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if self.path != "/v1/traces":
            raise Refused(HTTPStatus.NOT_FOUND)
        if self.headers.get_content_type() != _PROTOBUF:
            raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        if not length.isdecimal():
            raise Refused(HTTPStatus.LENGTH_REQUIRED)
        if int(length) > MOST_BYTES:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        self._was_read = True
        return self.rfile.read(int(length))

    def _drain(self) -> None:
        """Reads what the sender still sends, within reason: it hears the answer only after that."""
        self.close_connection = True
        length = self.headers.get("Content-Length", "")
        unread = min(int(length), 4 * MOST_BYTES) if length.isdecimal() and not self._was_read else 0
        while unread > 0 and (chunk := self.rfile.read(min(unread, 65536))):
            unread -= len(chunk)

    def _answer(self, status: HTTPStatus) -> None:
        body = ExportTraceServiceResponse().SerializeToString()
        self.send_response(status)
        self.send_header("Content-Type", _PROTOBUF)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
