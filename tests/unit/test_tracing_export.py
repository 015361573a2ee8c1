"""Spans leave by OTLP/HTTP in the background, and a collector that is down stops nothing."""

import logging
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as WireSpan

from referral_exchange import tracing
from referral_exchange.tracing import export

REFERRAL = "3f0c1c1e-3b1f-4b8f-9a57-0a5f7f1f2f3a"
BEFORE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
PERSON = "Zephyrine Quillfeather"


class Collector(ThreadingHTTPServer):
    """Keeps the request bodies; answers `status`."""

    def __init__(self, status: int = 200) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[bytes] = []
        self.paths: list[str] = []
        self.status = status
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def resources(self) -> list[dict[str, str]]:
        requests = [ExportTraceServiceRequest.FromString(body) for body in self.bodies]
        return [
            {a.key: a.value.string_value for a in r.resource.attributes}
            for q in requests
            for r in q.resource_spans
        ]

    def spans(self) -> list[WireSpan]:
        requests = [ExportTraceServiceRequest.FromString(body) for body in self.bodies]
        return [s for q in requests for r in q.resource_spans for scope in r.scope_spans for s in scope.spans]


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.paths.append(self.path)
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(f"refused: {PERSON}".encode())

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    server = Collector()
    yield server
    server.shutdown()
    server.server_close()


def test_what_waits_is_sent_on_stop(collector: Collector) -> None:
    configured = tracing.configure("ngo_bridge.harbor-house", collector.endpoint)
    with (
        pytest.raises(LookupError),
        configured.stretch("offer", "producer", referral_id=REFERRAL, link=BEFORE) as stretch,
        stretch.child("seal", "client", part_count=2),
    ):
        raise LookupError(PERSON)
    configured.stop()
    child, root = collector.spans()
    assert collector.paths == ["/v1/traces"]
    assert child.parent_span_id == root.span_id
    assert child.trace_id == root.trace_id == bytes.fromhex(stretch.trace_id)
    assert root.parent_span_id == b""
    assert root.links[0].trace_id.hex() == "0af7651916cd43dd8448eb211c80319c"
    assert root.kind == WireSpan.SPAN_KIND_PRODUCER
    assert {a.key: a.value.string_value for a in root.attributes} == {
        "referral.id": REFERRAL,
        "error.type": "LookupError",
    }
    assert root.events[0].attributes[0].value.string_value == "LookupError"


def test_no_byte_of_an_exception_leaves(collector: Collector) -> None:
    configured = tracing.configure("consent_ledger", collector.endpoint)
    with pytest.raises(LookupError), configured.stretch("give"):
        raise LookupError(PERSON)
    configured.stop()
    assert collector.bodies
    assert b"Quillfeather" not in b"".join(collector.bodies)
    assert all(not span.trace_state for span in collector.spans())


def test_the_resource_names_the_process_and_nothing_else(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", f"person={PERSON}")
    monkeypatch.setenv("OTEL_EXPERIMENTAL_RESOURCE_DETECTORS", "process,host,os")
    configured = tracing.configure("referral_router", collector.endpoint)
    configured.record("tick", "internal", 1, 2)
    configured.stop()
    assert collector.resources() == [{"service.name": "referral_router"}]


@pytest.mark.parametrize("name", ["/opt/exchange/router --settings x", PERSON, "", "host-17.example"])
def test_a_process_name_of_another_shape_is_refused(collector: Collector, name: str) -> None:
    with pytest.raises(tracing.NotOnTheList):
        tracing.configure(name, collector.endpoint)


def test_a_collector_that_is_down_neither_stops_nor_delays_the_work(caplog: pytest.LogCaptureFixture) -> None:
    nobody = Collector()
    nobody.server_close()
    nobody.shutdown()
    configured = tracing.configure("referral_router", nobody.endpoint)
    began = time.monotonic()
    for _ in range(2000):
        configured.record("forward", "consumer", 1, 2, REFERRAL)
    assert time.monotonic() - began < 1
    began = time.monotonic()
    with caplog.at_level(logging.DEBUG):
        configured.stop(0.3)
    assert time.monotonic() - began < 1.5
    assert REFERRAL not in caplog.text


def test_what_a_collector_answers_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    refusing = Collector(status=400)
    with caplog.at_level(logging.DEBUG):
        configured = tracing.configure("referral_router", refusing.endpoint)
        configured.record("forward", "consumer", 1, 2, REFERRAL)
        configured.stop()
    refusing.shutdown()
    refusing.server_close()
    assert refusing.bodies
    assert "the collector takes no traces now" in caplog.text
    assert "1 spans were not sent" in caplog.text
    assert REFERRAL not in caplog.text
    assert "Quillfeather" not in caplog.text


def test_the_queue_is_bounded(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MOST_WAITING", 10)
    monkeypatch.setattr(export, "LINGER_S", 60.0)
    sink = export.over_http("referral_router", collector.endpoint)
    for _ in range(25):
        tracing.Tracing(sink).record("tick", "internal", 1, 2)
    sink.stop(2)
    assert (sink.sent, sink.lost) == (10, 15)


def test_many_spans_are_sent_in_batches_before_anyone_stops(collector: Collector) -> None:
    sink = export.over_http("referral_router", collector.endpoint)
    for _ in range(2 * export.BATCH):
        tracing.Tracing(sink).record("tick", "internal", 1, 2)
    deadline = time.monotonic() + 10
    while sink.sent < 2 * export.BATCH and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    assert sink.sent == 2 * export.BATCH
    assert len(collector.bodies) <= 4
    sink.stop(1)
