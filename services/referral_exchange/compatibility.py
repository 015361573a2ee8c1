"""Avro FULL compatibility of two versions of a record, offline: each must read what the other wrote."""

from collections.abc import Iterator
from typing import Any


def full_faults(older: Any, newer: Any) -> Iterator[str]:
    """Why the two are not FULL compatible, a sentence each; none where they are.

    Takes the schemas as declared. Stricter than Avro's resolution rules in three points: no promotion
    between types, a logical type may not change, nor may the tag of a field that both hold.
    """
    yield from (f"the newer cannot read the older: {fault}" for fault in _read_faults(newer, older, "", ""))
    yield from (f"the older cannot read the newer: {fault}" for fault in _read_faults(older, newer, "", ""))


def _read_faults(reader: Any, writer: Any, space: str, path: str) -> Iterator[str]:
    if isinstance(writer, list) or isinstance(reader, list):
        yield from _union_faults(reader, writer, space, path)
    elif _shape(reader) != _shape(writer) or _full_name(reader, space) != _full_name(writer, space):
        yield f"{path or 'record'}: {_said(writer)} is not {_said(reader)}"
    elif _shape(reader)[0] == "record":
        inner = reader.get("namespace", space)
        for field in reader["fields"]:
            yield from _field_faults(field, writer, inner, f"{path}.{field['name']}".lstrip("."))
    elif _shape(reader)[0] == "array":
        yield from _read_faults(reader["items"], writer["items"], space, f"{path}[]")
    elif _shape(reader)[0] == "enum" and "default" not in reader:
        lost = [symbol for symbol in writer["symbols"] if symbol not in reader["symbols"]]
        yield from (f"{path}: the symbol {symbol} is unknown and there is no default" for symbol in lost)


def _field_faults(field: Any, writer: Any, space: str, path: str) -> Iterator[str]:
    written = next((other for other in writer["fields"] if other["name"] == field["name"]), None)
    if written is None:
        if "default" not in field:
            yield f"{path}: is missing there and has no default"
        return
    if written.get("tag") != field.get("tag"):
        yield f"{path}: its tag changed between {written.get('tag')} and {field.get('tag')}"
    yield from _read_faults(field["type"], written["type"], space, path)


def _union_faults(reader: Any, writer: Any, space: str, path: str) -> Iterator[str]:
    for branch in writer if isinstance(writer, list) else [writer]:
        targets = reader if isinstance(reader, list) else [reader]
        if not any(_fits(target, branch, space) for target in targets):
            yield f"{path}: {_said(branch)} is none of {', '.join(_said(target) for target in targets)}"


def _fits(reader: Any, writer: Any, space: str) -> bool:
    return next(_read_faults(reader, writer, space, ""), None) is None


def _shape(kind: Any) -> tuple[str, str | None]:
    return (kind["type"], kind.get("logicalType")) if isinstance(kind, dict) else (kind, None)


def _full_name(kind: Any, space: str) -> str | None:
    named = isinstance(kind, dict) and "name" in kind
    return f"{kind.get('namespace', space)}.{kind['name']}" if named else None


def _said(kind: Any) -> str:
    name, logical = _shape(kind)
    return str(kind["name"]) if isinstance(kind, dict) and "name" in kind else logical or name
