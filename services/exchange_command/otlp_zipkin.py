"""Turns OpenTelemetry's spans into Zipkin's. Pure: no I/O, no clock.

Source: the OpenTelemetry specification, "Transformation to Zipkin"; Zipkin API v2.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from referral_exchange.tracing import attributes

ZipkinSpan = dict[str, Any]
"""One span as `POST /api/v2/spans` takes it; times are microseconds."""

_KINDS = {
    Span.SPAN_KIND_CLIENT: "CLIENT",
    Span.SPAN_KIND_SERVER: "SERVER",
    Span.SPAN_KIND_PRODUCER: "PRODUCER",
    Span.SPAN_KIND_CONSUMER: "CONSUMER",
}
_THROUGH_BROKER = {Span.SPAN_KIND_PRODUCER, Span.SPAN_KIND_CONSUMER}
_BROKER = {"serviceName": "kafka"}
# The senders keep to the list already; nothing reaches the page past a sender that does not.
_MAY_PASS = frozenset(
    {declared.wire for declared in attributes.ALLOWED.values()}
    | {attributes.REFERRAL_ID, attributes.WITHHELD, attributes.ERROR_TYPE}
    | {attributes.EXCEPTION_TYPE, attributes.EXCEPTION_FIELD}
)
_UNLISTED = "unlisted"


def to_zipkin(request: ExportTraceServiceRequest) -> list[ZipkinSpan]:
    """All spans of the request. Of the resource only the service's name is kept, of an error its class."""
    return [
        _span(span, _service_name(group.resource.attributes))
        for group in request.resource_spans
        for scope in group.scope_spans
        for span in scope.spans
    ]


def _span(span: Span, service: str) -> ZipkinSpan:
    begun = span.start_time_unix_nano // 1000
    made: ZipkinSpan = {
        "traceId": span.trace_id.hex(),
        "id": span.span_id.hex(),
        "name": _listed(span.name),
        "timestamp": begun,
        # Zipkin takes 0 for "unknown", so what was shorter than a microsecond counts as one.
        "duration": max(span.end_time_unix_nano // 1000 - begun, 1),
        "localEndpoint": {"serviceName": service},
        "tags": dict(_tags(span)),
        "annotations": [_annotation(event) for event in span.events],
    }
    if span.parent_span_id:
        made["parentId"] = span.parent_span_id.hex()
    if span.kind in _KINDS:
        made["kind"] = _KINDS[span.kind]
    if span.kind in _THROUGH_BROKER:
        made["remoteEndpoint"] = dict(_BROKER)
    return made


def _tags(span: Span) -> Iterator[tuple[str, str]]:
    for attribute in span.attributes:
        if attribute.key in _MAY_PASS:
            yield attribute.key, _text(attribute.value)
    for number, link in enumerate(span.links):
        yield f"link.{number}.trace_id", link.trace_id.hex()
        yield f"link.{number}.span_id", link.span_id.hex()
    if span.status.code == Status.STATUS_CODE_ERROR:
        yield "error", _error_class(span)


def _error_class(span: Span) -> str:
    """The class of what went wrong; the status description is text and stays behind."""
    sets = (span.attributes, *(event.attributes for event in span.events))
    found = {attribute.key: _text(attribute.value) for each in sets for attribute in each}
    return found.get(attributes.ERROR_TYPE) or found.get(attributes.EXCEPTION_TYPE) or "error"


def _annotation(event: Span.Event) -> dict[str, Any]:
    told = [_text(attribute.value) for attribute in event.attributes if attribute.key in _MAY_PASS]
    name = event.name if event.name == "exception" else _UNLISTED
    return {"timestamp": event.time_unix_nano // 1000, "value": " ".join([name, *told])}


def _listed(name: str) -> str:
    try:
        attributes.check_name(name)
    except attributes.NotOnTheList:
        return _UNLISTED
    return name


def _service_name(resource: Iterable[KeyValue]) -> str:
    names = (_text(attribute.value) for attribute in resource if attribute.key == "service.name")
    return next(names, "unknown")


def _text(value: AnyValue) -> str:
    match value.WhichOneof("value"):
        case "bool_value":
            return "true" if value.bool_value else "false"
        case "array_value":
            return ",".join(_text(item) for item in value.array_value.values)
        case "string_value" | "int_value" | "double_value" as kind:
            return str(getattr(value, kind))
        case _:
            # Bytes and maps are on nobody's list of allowed attributes.
            return ""
