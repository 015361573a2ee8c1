"""Which Python values a schema allows, exactly: fastavro alone would write the text "no" as true."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

Check = Callable[[Any], str | None]
"""The fault of a value as a stable code, or None where it fits. Never shows the value."""

WRONG = "not-of-schema"
BAD_UUID = "bad-uuid"

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PLAIN: dict[str, type] = {"string": str, "bytes": bytes, "boolean": bool, "double": float}
_WHOLE = {"int": 31, "long": 63}


def checker(kind: Any) -> Check:
    """The check of Avro type `kind`, as declared in JSON. Raises ValueError for a type not in use here."""
    if isinstance(kind, list):
        return _optional(kind)
    if not isinstance(kind, dict):
        return _plain(kind)
    match kind["type"], kind.get("logicalType"):
        case "record", _:
            return _record(kind)
        case "array", _:
            return _array(checker(kind["items"]))
        case "enum", _:
            return _enum(frozenset(kind["symbols"]))
        case "string", "uuid":
            return _uuid
        case "long", "timestamp-millis":
            return _instant
        case name, None:
            return checker(name)
        case unknown:
            raise ValueError(f"{unknown}: not in use in this contract")


def _plain(name: str) -> Check:
    if name == "null":
        return lambda value: None if value is None else WRONG
    if name in _WHOLE:
        return _whole(_WHOLE[name])
    if name not in _PLAIN:
        raise ValueError(f"{name}: not in use in this contract")
    expected = _PLAIN[name]
    return lambda value: None if type(value) is expected else WRONG


def _whole(bits: int) -> Check:
    limit = 1 << bits
    return lambda value: None if type(value) is int and -limit <= value < limit else WRONG


def _uuid(value: Any) -> str | None:
    if type(value) is not str:
        return WRONG
    return None if _UUID.fullmatch(value) else BAD_UUID


def _instant(value: Any) -> str | None:
    # Without a zone fastavro would take the machine's own; an event may not depend on where it was written.
    return None if type(value) is datetime and value.tzinfo is not None else WRONG


def _enum(symbols: frozenset[str]) -> Check:
    return lambda value: None if type(value) is str and value in symbols else WRONG


def _optional(branches: list[Any]) -> Check:
    kinds = [branch for branch in branches if branch != "null"]
    if len(kinds) != 1 or len(branches) != 2:
        raise ValueError("union: only of null and one other type in this contract")
    inner = checker(kinds[0])
    return lambda value: None if value is None else inner(value)


def _array(inner: Check) -> Check:
    def check(value: Any) -> str | None:
        if type(value) is not list:
            return WRONG
        for item in value:
            if fault := inner(item):
                return fault
        return None

    return check


def _record(kind: dict[str, Any]) -> Check:
    fields = [(field["name"], checker(field["type"])) for field in kind["fields"]]
    names = {name for name, _ in fields}

    def check(value: Any) -> str | None:
        if type(value) is not dict or value.keys() != names:
            return WRONG
        for name, inner in fields:
            if fault := inner(value[name]):
                return fault
        return None

    return check
