"""An event's bytes taken apart field by field, for the vectors and the page's picture."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import fastavro

from referral_exchange.catalog import RecordSchema

_WIDTH = 16


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes in a row, and what they are."""

    name: str
    raw: bytes
    means: str


def fields(schema: RecordSchema, datum: Mapping[str, Any]) -> Iterator[Piece]:
    """One piece a field, in the order of the schema; together they are the Avro body."""
    for field in schema.declared["fields"]:
        value = datum[field["name"]]
        alone = fastavro.parse_schema({"type": "record", "name": "Alone", "fields": [_as_text(field)]})
        buffer = io.BytesIO()
        fastavro.schemaless_writer(buffer, alone, {field["name"]: value})
        yield Piece(field["name"], buffer.getvalue(), _meaning(field["type"]))


def picture(pieces: list[Piece]) -> str:
    """Offset, bytes in hex and what they are, sixteen bytes a line."""
    lines, offset = [], 0
    for piece in pieces:
        rows = [piece.raw[at : at + _WIDTH] for at in range(0, len(piece.raw), _WIDTH)] or [b""]
        for number, row in enumerate(rows):
            said = f"{piece.name}: {piece.means}" if number == 0 else ""
            lines.append(f"{offset + number * _WIDTH:04x}  {row.hex(' '):<{_WIDTH * 3 - 1}}  {said}".rstrip())
        offset += len(piece.raw)
    return "\n".join(lines)


def _as_text(field: Mapping[str, Any]) -> dict[str, Any]:
    """The field without `uuid`, which fastavro would want as an object."""
    kind = field["type"]
    if isinstance(kind, dict) and kind.get("logicalType") == "uuid":
        return {"name": field["name"], "type": "string"}
    if isinstance(kind, list):
        return {"name": field["name"], "type": [_as_text({"name": "", "type": k})["type"] for k in kind]}
    return {"name": field["name"], "type": kind}


_PLAIN = {
    "string": "length, then UTF-8",
    "bytes": "length, then bytes",
    "boolean": "one byte, 0 or 1",
    "double": "8 bytes, little endian",
    "int": "zigzag varint",
    "long": "zigzag varint",
}


def _meaning(kind: Any) -> str:
    """How a value of this type is written."""
    match kind:
        case list():
            held = next(branch for branch in kind if branch != "null")
            return f"00 for null, else 02 and {_meaning(held)}"
        case {"type": "array", "items": items}:
            return f"count, each ({_meaning(items)}), 00"
        case {"type": "enum"}:
            return "number of the symbol"
        case {"type": "record", "fields": inner}:
            return "; ".join(f"{field['name']}: {_meaning(field['type'])}" for field in inner)
        case {"logicalType": "timestamp-millis"}:
            return "ms since 1970, zigzag varint"
        case _:
            return _PLAIN[kind["type"] if isinstance(kind, dict) else kind]
