"""What the relay answers to good, bad and hostile requests."""

import gzip
import threading
from collections.abc import Iterator, Sequence

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from exchange_command.otlp_zipkin import ZipkinSpan
from exchange_command.relay_server import MOST_BYTES, server

PROTOBUF = {"Content-Type": "application/x-protobuf"}
ONE_SPAN = ExportTraceServiceRequest(
    resource_spans=[
        ResourceSpans(scope_spans=[ScopeSpans(spans=[Span(trace_id=b"t" * 16, span_id=b"s" * 8)])])
    ]
).SerializeToString()


class Room:
    """Takes spans while there is room."""

    def __init__(self) -> None:
        self.taken: list[ZipkinSpan] = []
        self.full = False

    def __call__(self, spans: Sequence[ZipkinSpan]) -> bool:
        if not self.full:
            self.taken.extend(spans)
        return not self.full


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
def relay(room: Room) -> Iterator[httpx.Client]:
    with server("127.0.0.1", 0, room) as listening:
        threading.Thread(target=listening.serve_forever, args=[0.01], daemon=True).start()
        with httpx.Client(
            base_url=f"http://127.0.0.1:{listening.server_port}", trust_env=False, headers=PROTOBUF
        ) as client:
            yield client
        listening.shutdown()


def test_spans_are_taken(relay: httpx.Client, room: Room) -> None:
    assert relay.post("/v1/traces", content=ONE_SPAN).status_code == 200
    assert [span["id"] for span in room.taken] == [(b"s" * 8).hex()]


def test_packed_spans_are_taken(relay: httpx.Client, room: Room) -> None:
    packed = relay.post("/v1/traces", content=gzip.compress(ONE_SPAN), headers={"Content-Encoding": "gzip"})
    assert packed.status_code == 200
    assert len(room.taken) == 1


def test_without_room_the_sender_is_asked_to_come_again(relay: httpx.Client, room: Room) -> None:
    room.full = True
    assert relay.post("/v1/traces", content=ONE_SPAN).status_code == 503


def test_it_is_ready_as_soon_as_it_listens(relay: httpx.Client) -> None:
    assert relay.get("/health/ready").status_code == 200
    assert relay.get("/health/live").status_code == 200


@pytest.mark.parametrize("content", [b"\xff\xff\xff", ONE_SPAN[:-3]])
def test_bytes_that_are_no_spans_are_refused_and_not_repeated(relay: httpx.Client, content: bytes) -> None:
    answer = relay.post("/v1/traces", content=content)
    assert answer.status_code == 400
    assert answer.content == b""


def test_broken_packing_is_refused(relay: httpx.Client) -> None:
    answer = relay.post("/v1/traces", content=b"no gzip", headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 400


def test_a_small_request_that_unpacks_to_a_huge_one_is_refused(relay: httpx.Client) -> None:
    bomb = gzip.compress(bytes(MOST_BYTES + 1))
    answer = relay.post("/v1/traces", content=bomb, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 413


def test_too_large_a_request_is_refused_unread(relay: httpx.Client) -> None:
    assert relay.post("/v1/traces", content=bytes(MOST_BYTES + 1)).status_code == 413


def test_another_path_or_type_is_refused(relay: httpx.Client) -> None:
    assert relay.post("/v1/metrics", content=ONE_SPAN).status_code == 404
    assert relay.post("/v1/traces", json={}, headers={"Content-Type": "application/json"}).status_code == 415
    assert relay.get("/v1/traces").status_code == 404


def test_a_request_without_a_length_is_refused(relay: httpx.Client) -> None:
    assert relay.post("/v1/traces", content=iter([ONE_SPAN])).status_code == 411
