"""What the trace page gets to see of a span."""

import json

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from exchange_command.otlp_zipkin import ZipkinSpan, to_zipkin

TRACE, SPAN, PARENT = bytes(range(16)), bytes(range(8)), bytes(range(8, 16))
REFERRAL = "0b7c8a52-9f0e-4a55-8a0c-6d2f7f1c9e11"
CANARY = "Canary Invented-Person"


def attribute(key: str, value: str | int | bool) -> KeyValue:
    if isinstance(value, bool):
        return KeyValue(key=key, value=AnyValue(bool_value=value))
    if isinstance(value, int):
        return KeyValue(key=key, value=AnyValue(int_value=value))
    return KeyValue(key=key, value=AnyValue(string_value=value))


def span(**fields: object) -> Span:
    plain = {
        "trace_id": TRACE,
        "span_id": SPAN,
        "name": "publish ReferralOffered",
        "start_time_unix_nano": 5_000_000,
        "end_time_unix_nano": 7_500_000,
    }
    return Span(**(plain | fields))


def translated(made: Span, *resource: KeyValue) -> ZipkinSpan:
    about = Resource(attributes=resource or [attribute("service.name", "referral_router")])
    group = ResourceSpans(resource=about, scope_spans=[ScopeSpans(spans=[made])])
    [zipkin] = to_zipkin(ExportTraceServiceRequest(resource_spans=[group]))
    return zipkin


def test_ids_times_and_service() -> None:
    made = translated(span(parent_span_id=PARENT))
    assert made["traceId"] == TRACE.hex()
    assert made["id"] == SPAN.hex()
    assert made["parentId"] == PARENT.hex()
    assert (made["timestamp"], made["duration"]) == (5_000, 2_500)
    assert made["localEndpoint"] == {"serviceName": "referral_router"}
    assert made["name"] == "publish ReferralOffered"


def test_a_span_without_parent_or_kind_has_neither() -> None:
    made = translated(span(kind=Span.SPAN_KIND_INTERNAL))
    assert "parentId" not in made
    assert "kind" not in made
    assert "remoteEndpoint" not in made


def test_a_span_shorter_than_a_microsecond_still_has_a_duration() -> None:
    assert translated(span(end_time_unix_nano=5_000_100))["duration"] == 1


@pytest.mark.parametrize(
    ("kind", "name", "through_broker"),
    [
        (Span.SPAN_KIND_PRODUCER, "PRODUCER", True),
        (Span.SPAN_KIND_CONSUMER, "CONSUMER", True),
        (Span.SPAN_KIND_CLIENT, "CLIENT", False),
        (Span.SPAN_KIND_SERVER, "SERVER", False),
    ],
)
def test_what_goes_through_the_broker_shows_kafka_as_its_other_end(
    kind: Span.SpanKind, name: str, through_broker: bool
) -> None:
    made = translated(span(kind=kind))
    assert made["kind"] == name
    assert made.get("remoteEndpoint") == ({"serviceName": "kafka"} if through_broker else None)


def test_the_referral_id_is_a_tag_to_search_by() -> None:
    assert translated(span(attributes=[attribute("referral.id", REFERRAL)]))["tags"] == {
        "referral.id": REFERRAL
    }


def test_links_are_tags() -> None:
    link = Span.Link(trace_id=TRACE[::-1], span_id=SPAN[::-1])
    assert translated(span(links=[link]))["tags"] == {
        "link.0.trace_id": TRACE[::-1].hex(),
        "link.0.span_id": SPAN[::-1].hex(),
    }


def test_numbers_truth_and_lists_become_text() -> None:
    listed = AnyValue(array_value=ArrayValue(values=[AnyValue(string_value="a"), AnyValue(int_value=2)]))
    tags = translated(
        span(
            attributes=[
                attribute("exchange.attempt", 3),
                attribute("exchange.verdict", True),
                KeyValue(key="exchange.code", value=listed),
            ]
        )
    )["tags"]
    assert tags == {"exchange.attempt": "3", "exchange.verdict": "true", "exchange.code": "a,2"}


def test_an_error_shows_its_class() -> None:
    failed = Status(code=Status.STATUS_CODE_ERROR, message=CANARY)
    made = translated(span(status=failed, attributes=[attribute("error.type", "KafkaException")]))
    assert made["tags"]["error"] == "KafkaException"
    assert CANARY not in json.dumps(made)


def test_an_error_without_a_class_is_still_an_error() -> None:
    assert translated(span(status=Status(code=Status.STATUS_CODE_ERROR)))["tags"] == {"error": "error"}


def test_nothing_that_is_not_on_the_list_reaches_the_page() -> None:
    event = Span.Event(
        name=CANARY,
        time_unix_nano=6_000_000,
        attributes=[
            attribute("exception.type", "ValueError"),
            attribute("exception.message", CANARY),
            attribute("exception.stacktrace", CANARY),
        ],
    )
    made = translated(
        span(
            name=f"publish {CANARY}",
            attributes=[attribute("messaging.kafka.message.key", CANARY), attribute("db.statement", CANARY)],
            events=[event],
        ),
        attribute("service.name", "referral_router"),
        attribute("process.command_line", CANARY),
    )
    assert CANARY not in json.dumps(made)
    assert made["name"] == "unlisted"
    assert made["annotations"] == [{"timestamp": 6_000, "value": "unlisted ValueError"}]
