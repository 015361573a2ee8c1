"""Events as JSON for people: the form of `schemas/*/examples`, described in `schemas/README.md`."""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from referral_exchange.catalog import RecordSchema
from referral_exchange.codec import Unencodable
from referral_exchange.events import BY_RECORD, Event


def datum_of(schema: RecordSchema, value: object) -> dict[str, Any]:
    """The datum that `value`, as JSON gives it, stands for. An optional field may be left out.

    Raises Unencodable for what the schema does not allow; its text never shows the value.
    """
    datum = _read_or_none(schema, value)
    if fault := schema.check(datum):
        raise Unencodable(fault, schema.key)
    return datum or {}


def event_of(schema: RecordSchema, value: object) -> Event:
    """The event that `value` stands for; `schema` is the newest version. Raises Unencodable."""
    return BY_RECORD[schema.key].from_datum(datum_of(schema, value))


def json_of(event: Event) -> dict[str, Any]:
    """`event` with times as ISO 8601 text in UTC and bytes as base64 text."""
    return json_of_datum(event.to_datum())


def json_of_datum(datum: Mapping[str, Any]) -> dict[str, Any]:
    """The same for a datum as fastavro reads it, of whatever version."""
    return {name: _shown(value) for name, value in datum.items()}


def _read_or_none(schema: RecordSchema, value: object) -> dict[str, Any] | None:
    try:
        read: dict[str, Any] = _read(schema.declared, value)
    except ValueError:
        # Not raised on: its text quotes the value.
        return None
    return read


def _read(kind: Any, value: Any) -> Any:
    if isinstance(kind, list):
        inner = next(branch for branch in kind if branch != "null")
        return None if value is None else _read(inner, value)
    name = kind["type"] if isinstance(kind, dict) else kind
    if name == "record" and isinstance(value, dict):
        return _read_record(kind, value)
    if name == "array" and isinstance(value, list):
        return [_read(kind["items"], item) for item in value]
    if name == "bytes" and isinstance(value, str):
        return _bytes(value)
    is_time = isinstance(kind, dict) and kind.get("logicalType") == "timestamp-millis"
    return _instant(value) if is_time and isinstance(value, str) else value


def _read_record(kind: Any, value: Mapping[str, Any]) -> dict[str, Any]:
    fields = {field["name"]: field for field in kind["fields"]}
    left_out = {name: field["default"] for name, field in fields.items() if "default" in field}
    # An unknown name stays and is refused by the check.
    return {n: _read(fields[n]["type"], v) if n in fields else v for n, v in {**left_out, **value}.items()}


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.microsecond % 1000:
        raise ValueError("finer than a millisecond")
    return instant


def _shown(value: Any) -> Any:
    match value:
        case dict():
            return {name: _shown(inner) for name, inner in value.items()}
        case list():
            return [_shown(item) for item in value]
        case bytes():
            return base64.b64encode(value).decode()
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case _:
            return value
