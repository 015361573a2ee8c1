"""What travels on a topic: key, framed bytes and headers, signed by the programme that says it."""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

Headers = Mapping[str, bytes]
"""Header values by name; the names are `HEADER_NAMES`."""

HEADER_NAMES = ("ce_type", "ce_id", "ce_source", "ce_time", "signature", "key_id", "traceparent")
"""All headers that exist here. None may ever hold anything about a person."""

RawHeaders = Sequence[tuple[str, str | bytes | None]] | dict[str, str | bytes | None] | None
"""Headers as `confluent_kafka.Message.headers()` gives them."""


class Signer(Protocol):
    """Signs as one programme."""

    @property
    def programme(self) -> str:
        """The programme it signs as."""

    @property
    def key_id(self) -> str:
        """Which of its keys."""

    def sign(self, data: bytes) -> bytes:
        """An Ed25519 signature, 64 bytes."""


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """A record to produce. `partition` None: by key."""

    topic: str
    key: str
    value: bytes | None
    headers: Headers
    partition: int | None = None


def signed_bytes(ce_type: str, key: str, programme_to: str, value: bytes) -> bytes:
    """What the header `signature` covers: each piece behind its length (4 bytes, big endian)."""
    pieces = (ce_type.encode(), key.encode(), programme_to.encode(), value)
    return b"".join(struct.pack(">I", len(piece)) + piece for piece in pieces)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the headers say beside the bytes."""

    ce_type: str
    event_id: str
    occurred_at: datetime
    key: str
    programme_to: str
    traceparent: str | None = None


def headers(envelope: Envelope, value: bytes, signer: Signer) -> dict[str, bytes]:
    """CloudEvents attribute names, W3C trace context and the signature."""
    signature = signer.sign(signed_bytes(envelope.ce_type, envelope.key, envelope.programme_to, value))
    named = {
        "ce_type": envelope.ce_type.encode(),
        "ce_id": envelope.event_id.encode(),
        "ce_source": signer.programme.encode(),
        "ce_time": envelope.occurred_at.isoformat().encode(),
        "signature": signature,
        "key_id": signer.key_id.encode(),
    }
    if envelope.traceparent:
        named["traceparent"] = envelope.traceparent.encode()
    return named


def header_pairs(raw: RawHeaders) -> Iterator[tuple[str, bytes]]:
    """Every header of a consumed message that has bytes, known or not."""
    pairs = raw.items() if isinstance(raw, dict) else raw or ()
    return ((name, value) for name, value in pairs if isinstance(value, bytes))


def read_headers(raw: RawHeaders) -> dict[str, bytes]:
    """The known headers of a consumed message; unknown and empty ones are left out, the last one counts."""
    return {name: value for name, value in header_pairs(raw) if name in HEADER_NAMES}


def text(named: Headers, name: str) -> str:
    """Header `name` as text; empty where it is missing or not UTF-8."""
    try:
        return named.get(name, b"").decode("utf-8")
    except UnicodeDecodeError:
        # Never a part of it: a header that lost a byte must not read as another, well-formed one.
        return ""
