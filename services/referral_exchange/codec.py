"""Events to bytes and back: Confluent framing (0x00, 4-byte schema id) over Avro binary."""

import io
import re
import struct
from collections.abc import Mapping
from typing import Any

import fastavro

from referral_exchange import events
from referral_exchange.catalog import Catalog, RecordSchema, newest

MAX_BYTES = 512 * 1024
"""Largest event that is written or read, in bytes."""

_HEAD = struct.Struct(">bI")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


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
        schema = self._catalog[event.RECORD]
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


def write_body(schema: RecordSchema, event: events.Event) -> bytes:
    """`event` as bare Avro binary. Raises Unencodable."""
    buffer = io.BytesIO()
    datum = event.to_datum()
    _check_uuids(schema, datum, Unencodable)
    try:
        fastavro.schemaless_writer(buffer, schema.parsed, datum, strict=True)
    except Exception:  # noqa: BLE001
        # Any of fastavro's errors may quote the datum, so none may travel on, not even as a cause.
        raise Unencodable("not-of-schema", schema.key) from None
    return buffer.getvalue()


def read_body(writer: RecordSchema, reader: RecordSchema, body: bytes) -> events.Event:
    """The event in bare Avro binary `body`, resolved to the newest version. Raises Undecodable."""
    buffer = io.BytesIO(body)
    target = None if reader is writer else reader.parsed
    try:
        datum: Any = fastavro.schemaless_reader(buffer, writer.parsed, target)
    except EOFError:
        raise Undecodable("truncated", writer.key) from None
    except Exception:  # noqa: BLE001 - fastavro raises whatever the bytes provoke; its text may quote them
        raise Undecodable("malformed", writer.key) from None
    if buffer.tell() != len(body):
        raise Undecodable("trailing-bytes", writer.key)
    _check_uuids(reader, datum, Undecodable)
    return events.BY_RECORD[reader.key].from_datum(datum)


def _check_uuids(schema: RecordSchema, datum: Mapping[str, Any], error: type[CodecError]) -> None:
    for name in schema.uuid_fields:
        value = datum[name]
        if value is not None and _UUID.fullmatch(value) is None:
            raise error("bad-uuid", schema.key)
