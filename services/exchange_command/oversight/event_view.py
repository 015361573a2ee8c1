"""An event as an operator may see it: fields tagged `routing`; what is sealed or bytes as sizes. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from referral_exchange.catalog import RecordSchema
from referral_exchange.oversight.words import iso

Node = Mapping[str, Any]


def routing_fields(schema: RecordSchema, datum: Node) -> dict[str, Any]:
    """The routing fields of `datum`, which `schema` describes. Public and sealed fields are left out."""
    return _record(schema.declared, datum)


def _record(declared: Node, datum: Node) -> dict[str, Any]:
    if declared.get("sealed_part"):
        return {"sealed_bytes": sum(_size(value) for value in datum.values())}
    return {
        field["name"]: _value(field["type"], datum[field["name"]])
        for field in declared["fields"]
        if field["tag"] == "routing"
    }


def _value(kind: Any, value: Any) -> Any:
    if value is None or isinstance(kind, list):
        return None if value is None else _value(next(branch for branch in kind if branch != "null"), value)
    match value:
        case bytes():
            return {"bytes": len(value)}
        case datetime():
            return iso(value)
        case list():
            return [_value(kind["items"], item) for item in value]
        case dict():
            return _record(kind, value)
        case _:
            return value


def _size(value: Any) -> int:
    return len(value) if isinstance(value, bytes | str) else 0
