"""Spans out by OTLP/HTTP, in a thread of its own: bounded, quiet, never in the way of the work."""

import logging
import threading
from collections import deque

import requests
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from referral_exchange.settings import Tls
from referral_exchange.tracing.attributes import ERROR_TYPE, NotOnTheList
from referral_exchange.tracing.shapes import PROCESS
from referral_exchange.tracing.spans import Span
from referral_exchange.tracing.trace_context import SpanId

MOST_WAITING = 20_000
"""Spans that wait at most; later ones are dropped and counted."""

BATCH = 512
LINGER_S = 0.5
TIMEOUT_S = 5.0

_SCOPE = InstrumentationScope("referral_exchange.tracing")
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_OK, _ERROR = Status(StatusCode.UNSET), Status(StatusCode.ERROR)
_logger = logging.getLogger(__name__)


class Nowhere:
    """The sink of a process without an endpoint: everything is checked, nothing leaves."""

    def take(self, span: Span) -> None:
        """Forgets it."""

    def stop(self, timeout_s: float) -> None:
        """Nothing to do."""


class Export:
    """A bounded queue and the thread that empties it. A failing collector costs spans, never work."""

    def __init__(self, service_name: str, exporter: SpanExporter) -> None:
        """Starts the thread. Raises NotOnTheList where `service_name` is no process name."""
        self._resource = resource_of(service_name)
        self._exporter = exporter
        self._waiting: deque[Span] = deque()
        self._awake = threading.Event()
        self._stopping = False
        self._failing = False
        self.sent = 0
        self.lost = 0
        self._thread = threading.Thread(target=self._run, name="tracing", daemon=True)
        self._thread.start()

    def take(self, span: Span) -> None:
        """Queues `span`; drops it when full or stopped."""
        if self._stopping or len(self._waiting) >= MOST_WAITING:
            self.lost += 1
            return
        self._waiting.append(span)
        if len(self._waiting) >= BATCH:
            self._awake.set()

    def stop(self, timeout_s: float) -> None:
        """Sends what waits, for `timeout_s` seconds at most, then gives up on the rest."""
        self._stopping = True
        self._awake.set()
        self._thread.join(timeout_s)
        self._exporter.shutdown()
        self.lost += len(self._waiting)
        if self.lost:
            _logger.warning("%d spans were not sent; the work they describe is not affected", self.lost)

    def _run(self) -> None:
        while not self._stopping:
            self._awake.wait(LINGER_S)
            self._awake.clear()
            self._send_all()

    def _send_all(self) -> None:
        while self._waiting:
            count = min(BATCH, len(self._waiting))
            self._send([self._waiting.popleft() for _ in range(count)])

    def _send(self, spans: list[Span]) -> None:
        try:
            batch = [_readable(span, self._resource) for span in spans]
            ok = self._exporter.export(batch) is SpanExportResult.SUCCESS
        except Exception:  # noqa: BLE001 - tracing may never stop a service, and its errors may quote spans
            ok = False
        self.sent += len(spans) if ok else 0
        self.lost += 0 if ok else len(spans)
        self._tell(ok)

    def _tell(self, ok: bool) -> None:
        """Once when it begins to fail and once when it is over, not once a batch."""
        if ok == self._failing:
            self._failing = not ok
            _logger.warning("traces reach the collector again" if ok else "the collector takes no traces now")


def over_http(service_name: str, endpoint: str, tls: Tls | None = None) -> Export:
    """Exports to `endpoint` + `/v1/traces`, directly: no proxy and no .netrc of the environment."""
    _silence()
    session = requests.Session()
    session.trust_env = False
    url = f"{endpoint.rstrip('/')}/v1/traces"
    exporter = OTLPSpanExporter(
        endpoint=url,
        timeout=TIMEOUT_S,
        session=session,
        # Read anew for each new connection, so a renewed certificate needs no restart.
        certificate_file=str(tls.authority) if tls else None,
        client_certificate_file=str(tls.certificate) if tls else None,
        client_key_file=str(tls.key) if tls else None,
    )
    return Export(service_name, exporter)


def resource_of(service_name: str) -> Resource:
    """Names the process and nothing else: the stock detectors add host name, paths and command line."""
    if not PROCESS.allows(service_name):
        raise NotOnTheList(
            "service name: use the process's name, such as referral_router or ngo_bridge.some-ngo"
        )
    return Resource({"service.name": service_name})


def _silence() -> None:
    """The SDK logs what collectors answer and what it cannot encode, spans included; `_tell` says enough."""
    stock = logging.getLogger("opentelemetry")
    stock.propagate = False
    if not stock.handlers:
        stock.addHandler(logging.NullHandler())


def _readable(span: Span, resource: Resource) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=_context(span.own, is_remote=False),
        parent=_context(span.parent, is_remote=False) if span.parent else None,
        resource=resource,
        attributes=span.attributes,
        events=[Event("exception", described, at) for at, described in span.exceptions],
        links=[Link(_context(span.link, is_remote=True))] if span.link else (),
        kind=SpanKind[span.kind.upper()],
        status=_ERROR if ERROR_TYPE in span.attributes else _OK,
        start_time=span.start_ns,
        end_time=span.end_ns,
        instrumentation_scope=_SCOPE,
    )


def _context(address: SpanId, *, is_remote: bool) -> SpanContext:
    return SpanContext(int(address.trace, 16), int(address.span, 16), is_remote, _SAMPLED)
