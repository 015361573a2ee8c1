"""Events to bytes and back: Confluent framing (0x00, 4-byte schema id) over Avro binary."""

import io
import struct
from collections.abc import Mapping
from typing import Any

import fastavro

from referral_exchange import events
from referral_exchange.catalog import Catalog, RecordSchema, newest
from referral_exchange.shape import WRONG

MAX_BYTES = 512 * 1024
"""Largest event that is written or read, in bytes."""

_HEAD = struct.Struct(">bI")


class CodecError(Exception):
    """Base of what the codec raises. Carries a stable code and a record name, never the datum."""

    def __init__(self, code: str, record: str) -> None:
        """`code` is stable and public; `record` is `Record.vN` or `unknown`."""
        super().__init__(f"{record}: {code}")
        self.code = code
        self.record = record


class Undecodable(CodecError):
    """Bytes that are not an event of the committed set: too-large, truncated, trailing-bytes, ..."""


class Unencodable(CodecError):
    """An event its schema does not allow. Mend the caller; the message never shows the value."""


class Codec:
    """Encodes and decodes the committed set, given the registry's ids."""

    def __init__(self, catalog: Catalog, ids: Mapping[str, int]) -> None:
        """`ids`: registry id by `Record.vN`, as `registry.register_all` returns it."""
        self._catalog = catalog
        self._newest = newest(catalog)
        self._ids = dict(ids)
        self._keys: dict[int, set[str]] = {}
        for key, number in self._ids.items():
            self._keys.setdefault(number, set()).add(key)

    def encode(self, event: events.Event) -> bytes:
        """The framed bytes. Raises Unencodable."""
        schema = self._catalog.get(event.RECORD)
        if schema is None or schema.key not in self._ids:
            raise Unencodable("unknown-record", event.RECORD)
        body = write_body(schema, event)
        if len(body) + _HEAD.size > MAX_BYTES:
            raise Unencodable("too-large", schema.key)
        return _HEAD.pack(0, self._ids[schema.key]) + body

    def decode(self, value: bytes | None, ce_type: str, *, own_registry: bool = True) -> events.Event:
        """The event in `value`, written as `ce_type` says.

        `own_registry=False` trusts `ce_type` alone, for bytes that were framed under another
        registry's ids. Raises Undecodable.
        """
        schema = self._catalog.get(ce_type)
        if schema is None:
            raise Undecodable("unknown-record", "unknown")
        if value is None or len(value) < _HEAD.size:
            raise Undecodable("truncated", schema.key)
        if len(value) > MAX_BYTES:
            raise Undecodable("too-large", schema.key)
        magic, number = _HEAD.unpack_from(value)
        if magic != 0:
            raise Undecodable("not-framed", schema.key)
        if own_registry and schema.key not in self._keys.get(number, ()):
            raise Undecodable("unknown-schema-id", schema.key)
        return read_body(schema, self._newest[schema.record], value[_HEAD.size :])

    def reframed(self, value: bytes, ce_type: str) -> bytes:
        """`value` under this registry's id: what was framed before a registry was made anew still goes out.

        Raises Unencodable for a record that this registry has not.
        """
        if ce_type not in self._ids:
            raise Unencodable("unknown-record", ce_type)
        return _HEAD.pack(0, self._ids[ce_type]) + value[_HEAD.size :]


def write_body(schema: RecordSchema, event: events.Event) -> bytes:
    """`event` as bare Avro binary. Raises Unencodable."""
    return write_datum(schema, _datum(event))


def write_datum(schema: RecordSchema, datum: Mapping[str, Any] | None) -> bytes:
    """`datum`, as `event.to_datum()` gives it, as bare Avro binary. Raises Unencodable."""
    if fault := schema.check(datum):
        raise Unencodable(fault, schema.key)
    body = _written(schema, datum)
    if body is None:
        raise Unencodable(WRONG, schema.key)
    return body


def read_body(writer: RecordSchema, reader: RecordSchema, body: bytes) -> events.Event:
    """The event in bare Avro binary `body`, resolved to the newest version. Raises Undecodable."""
    datum, broken = _read(writer, writer, body)
    if fault := broken or _fault_of(writer, datum, body):
        raise Undecodable(fault, writer.key)
    if reader is not writer:
        datum, _ = _read(writer, reader, body)
    return events.BY_RECORD[reader.key].from_datum(datum)


def _fault_of(schema: RecordSchema, datum: Any, body: bytes) -> str | None:
    """Why `body` is not the one encoding of a sound `datum`; None where it is.

    fastavro reads -1 as the last symbol, 7 as true and a padded 0 as 0. With one encoding only, what is
    signed, what is compared and what is understood are the same for every reader.
    """
    if fault := schema.check(datum):
        return "malformed" if fault == WRONG else fault
    return None if _written(schema, datum) == body else "malformed"


# What fastavro raises may quote the datum. The three below answer None or a code in place of an
# exception, so that it does not travel on as the context of ours either.


def _datum(event: events.Event) -> dict[str, Any] | None:
    try:
        return event.to_datum()
    except (AttributeError, TypeError):
        return None


def _written(schema: RecordSchema, datum: Any) -> bytes | None:
    buffer = io.BytesIO()
    try:
        fastavro.schemaless_writer(buffer, schema.parsed, datum, strict=True)
    except Exception:  # noqa: BLE001 - whatever the datum provokes
        return None
    return buffer.getvalue()


def _read(writer: RecordSchema, reader: RecordSchema, body: bytes) -> tuple[Any, str]:
    """The datum and no fault, or a fault."""
    buffer = io.BytesIO(body)
    target = None if reader is writer else reader.parsed
    try:
        datum = fastavro.schemaless_reader(buffer, writer.parsed, target)
    except EOFError:
        return None, "truncated"
    except Exception:  # noqa: BLE001 - whatever the bytes provoke
        return None, "malformed"
    return datum, "" if buffer.tell() == len(body) else "trailing-bytes"
