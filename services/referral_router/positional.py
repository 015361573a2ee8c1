"""Reads Avro by position: a record becomes a tuple in the order of its schema's fields, times stay integers.

For the few records the router reads for every event. Stricter than Avro: only the one shortest encoding
passes, anything else is doubted, and what is doubted is left to the codec to decide. Parts are counted and
walked over. The tests hold it to the codec's own verdicts.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Reader = Callable[[bytes, int], tuple[Any, int]]
"""The value at a position of some bytes, and the position behind it. Raises Doubtful or IndexError."""

Shapes = Mapping[str, Callable[[Sequence[Any]], Any]]
"""What to make of the values of a nested record, by its name; a tuple where nothing is named."""

_UUID = re.compile(rb"H([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})").match
_FIRST_MS, _LAST_MS = -62_135_596_800_000, 253_402_300_799_999
"""Years 1 to 9999, as the codec's `datetime` has them."""


class Doubtful(Exception):
    """Not the one encoding of anything; ask the codec. Carries nothing of the bytes."""


def reader(declared: Any, shapes: Shapes = {}) -> Reader:  # noqa: B006 - read only
    """The reader of Avro type `declared`, as parsed from JSON. Raises KeyError for one not in use."""
    match declared:
        case {"type": "record", "name": name, "fields": fields}:
            return _record_reader([reader(f["type"], shapes) for f in fields], shapes.get(name, tuple))
        case {"type": "array", "items": {"sealed_part": True}}:
            return _count_parts
        case {"type": "array", "items": items}:
            return _array_reader(reader(items, shapes))
        case {"type": "enum", "symbols": symbols}:
            return _enum_reader(symbols)
        case ["null", some]:
            return _optional_reader(reader(some, shapes))
        case {"logicalType": "uuid"}:
            return _read_uuid
        case {"logicalType": "timestamp-millis"}:
            return _read_moment
        case {"type": inner}:
            return reader(inner, shapes)
    return _PLAIN_READERS[declared]


def _read_long(data: bytes, at: int) -> tuple[int, int]:
    byte = data[at]
    at += 1
    if byte < 0x80:
        return (byte >> 1) ^ -(byte & 1), at
    value, shift = byte & 0x7F, 7
    while shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if byte == 0 or value >> 64:
                raise Doubtful
            return (value >> 1) ^ -(value & 1), at
        shift += 7
    raise Doubtful


def _read_int(data: bytes, at: int) -> tuple[int, int]:
    value, at = _read_long(data, at)
    if not -0x80000000 <= value < 0x80000000:
        raise Doubtful
    return value, at


def _read_moment(data: bytes, at: int) -> tuple[int, int]:
    value, at = _read_long(data, at)
    if not _FIRST_MS <= value <= _LAST_MS:
        raise Doubtful
    return value, at


def _read_uuid(data: bytes, at: int) -> tuple[str, int]:
    found = _UUID(data, at)
    if found is None:
        raise Doubtful
    return found[1].decode(), at + 37


def _read_text(data: bytes, at: int) -> tuple[str, int]:
    length, start = _read_long(data, at)
    end = start + length
    if length < 0 or end > len(data):
        raise Doubtful
    return data[start:end].decode(), end


def _skip(data: bytes, at: int) -> int:
    length, at = _read_long(data, at)
    if length < 0 or at + length > len(data):
        raise Doubtful
    return at + length


def _read_boolean(data: bytes, at: int) -> tuple[bool, int]:
    if data[at] > 1:
        raise Doubtful
    return data[at] == 1, at + 1


def _count_parts(data: bytes, at: int) -> tuple[int, int]:
    count, at = _read_long(data, at)
    if count < 0:
        raise Doubtful
    if count == 0:
        return 0, at
    for _ in range(count):
        at = _skip(data, _skip(data, at))
    if data[at] != 0:
        raise Doubtful
    return count, at + 1


def _record_reader(fields: list[Reader], make: Callable[[Sequence[Any]], Any]) -> Reader:
    def read(data: bytes, at: int) -> tuple[Any, int]:
        values = []
        for field in fields:
            value, at = field(data, at)
            values.append(value)
        return make(values), at

    return read


def _array_reader(item: Reader) -> Reader:
    def read(data: bytes, at: int) -> tuple[tuple[Any, ...], int]:
        count, at = _read_long(data, at)
        if count < 0 or count > len(data):
            raise Doubtful
        if count == 0:
            return (), at
        values = []
        for _ in range(count):
            value, at = item(data, at)
            values.append(value)
        if data[at] != 0:
            raise Doubtful
        return tuple(values), at + 1

    return read


def _enum_reader(symbols: Sequence[str]) -> Reader:
    by_byte = {index << 1: symbol for index, symbol in enumerate(symbols[:64])}

    def read(data: bytes, at: int) -> tuple[str, int]:
        symbol = by_byte.get(data[at])
        if symbol is None:
            raise Doubtful
        return symbol, at + 1

    return read


def _optional_reader(some: Reader) -> Reader:
    def read(data: bytes, at: int) -> tuple[Any, int]:
        branch = data[at]
        if branch == 0:
            return None, at + 1
        if branch != 2:
            raise Doubtful
        return some(data, at + 1)

    return read


_PLAIN_READERS: dict[str, Reader] = {
    "string": _read_text,
    "boolean": _read_boolean,
    "int": _read_int,
    "long": _read_long,
}
