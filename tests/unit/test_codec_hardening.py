"""Hostile bytes and values: the codec answers with a code, in bounded memory, and quotes nothing."""

import struct
import traceback
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from referral_exchange import codec, events
from referral_exchange.catalog import committed
from referral_exchange.codec import Codec, Undecodable, Unencodable

KEYS = sorted(committed())
WRITTEN = sorted(events.BY_RECORD)
"""The newest version of each record: what is written."""

OURS = Codec(committed(), {key: 100 + number for number, key in enumerate(KEYS)})
MEMORY_FOR_ONE = 160 * codec.MAX_BYTES
"""Two bytes of a part become two Python objects and a dictionary."""

PLAIN = {
    "string": st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    "bytes": st.binary(max_size=40),
    "boolean": st.booleans(),
    "int": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**63), 2**63 - 1),
}
UUIDS = st.uuids().map(str)
TIMES = st.integers(-62_135_596_800_000, 253_402_300_799_999).map(
    lambda millis: datetime.fromtimestamp(millis // 1000, UTC).replace(microsecond=millis % 1000 * 1000)
)


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Every value that Avro type `kind` allows."""
    if isinstance(kind, list):
        return st.none() | values(next(branch for branch in kind if branch != "null"))
    if not isinstance(kind, dict):
        return PLAIN[kind]
    match kind["type"], kind.get("logicalType"):
        case "record", _:
            return st.fixed_dictionaries({field["name"]: values(field["type"]) for field in kind["fields"]})
        case "array", _:
            return st.lists(values(kind["items"]), max_size=3)
        case "enum", _:
            return st.sampled_from(kind["symbols"])
        case "string", _:
            return UUIDS
        case _:
            return TIMES


def event_of(key: str) -> st.SearchStrategy[events.Event]:
    return values(committed()[key].declared).map(events.BY_RECORD[key].from_datum)


def sound_events() -> st.SearchStrategy[events.Event]:
    return st.sampled_from(WRITTEN).flatmap(event_of)


def code_of(framed: bytes, key: str) -> str:
    """What decoding ends in: `event`, or a code."""
    try:
        OURS.decode(framed, key)
    except Undecodable as refusal:
        return refusal.code
    return "event"


def framed(key: str, body: bytes) -> bytes:
    return b"\x00" + struct.pack(">I", 100 + KEYS.index(key)) + body


@given(sound_events())
@settings(max_examples=300, deadline=None)
def test_every_event_that_the_schema_allows_comes_back_unchanged(event: events.Event) -> None:
    assert OURS.decode(OURS.encode(event), event.RECORD) == event


@given(st.sampled_from(KEYS), st.binary(max_size=300))
@settings(max_examples=500, deadline=None)
def test_random_bytes_end_in_a_code(key: str, body: bytes) -> None:
    code_of(body, key)
    code_of(framed(key, body), key)


@given(sound_events(), st.data())
@settings(max_examples=200, deadline=None)
def test_a_truncated_event_is_never_an_event(event: events.Event, data: st.DataObject) -> None:
    whole = OURS.encode(event)
    cut = data.draw(st.integers(0, len(whole) - 1))
    assert code_of(whole[:cut], event.RECORD) != "event"


@given(sound_events(), st.binary(min_size=1, max_size=20))
@settings(max_examples=200, deadline=None)
def test_trailing_bytes_are_never_ignored(event: events.Event, more: bytes) -> None:
    assert code_of(OURS.encode(event) + more, event.RECORD) == "trailing-bytes"


@given(sound_events(), st.data())
@settings(max_examples=300, deadline=None)
def test_one_flipped_byte_ends_in_a_code_or_in_another_event_of_one_encoding(
    event: events.Event, data: st.DataObject
) -> None:
    whole = bytearray(OURS.encode(event))
    whole[data.draw(st.integers(5, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    if code_of(bytes(whole), event.RECORD) == "event":
        assert OURS.encode(OURS.decode(bytes(whole), event.RECORD)) == bytes(whole)


def varint(number: int) -> bytes:
    zigzag = (number << 1) ^ (number >> 63)
    groups = [zigzag >> shift & 0x7F for shift in range(0, max(zigzag.bit_length(), 1), 7)]
    return bytes([*(group | 0x80 for group in groups[:-1]), groups[-1]])


def disclosed(parts: bytes) -> bytes:
    """A ReferralDisclosed up to its last field, then `parts` as the array."""
    ids = [f"00000000-0000-4000-8000-00000000000{number}" for number in range(3)]
    event = events.ReferralDisclosed(
        event_id=ids[0],
        occurred_at=datetime(2030, 1, 15, tzinfo=UTC),
        programme_from="sample-a",
        programme_to="sample-b",
        referral_id=ids[1],
        consent_id=ids[2],
        parts=[],
    )
    return OURS.encode(event)[:-1] + parts


ROOM = codec.MAX_BYTES - len(disclosed(b"")) - 8


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param(varint(2**62), id="a count beyond the bytes"),
        pytest.param(varint(-(2**62)) + varint(2**62), id="a negative count and a size beyond the bytes"),
        pytest.param(varint(1) + varint(2**62), id="a length beyond the bytes"),
        pytest.param(varint(1) + varint(-(2**62)), id="a negative length"),
        pytest.param(varint(ROOM // 2) + bytes(ROOM), id="as many empty parts as fit"),
        pytest.param((varint(1) + bytes(2)) * (ROOM // 3), id="as many blocks as fit"),
        pytest.param((varint(-1) + varint(0)) * (ROOM // 2), id="blocks that say they are empty"),
        pytest.param(b"\xff" * ROOM, id="a number without end"),
        pytest.param(b"\x80" * ROOM, id="a padded number without end"),
    ],
)
def test_a_malicious_array_costs_bounded_memory(parts: bytes) -> None:
    tracemalloc.start()
    code_of(disclosed(parts), "ReferralDisclosed.v1")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MEMORY_FOR_ONE


def test_bytes_over_the_cap_are_refused_before_they_are_read() -> None:
    huge = disclosed(b"") + bytes(10 * 1024 * 1024)
    tracemalloc.start()
    assert code_of(huge, "ReferralDisclosed.v1") == "too-large"
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64 * 1024


CANARY = "canary-7f3a-of-nobody"
SOUND = {
    "uuid": "00000000-0000-4000-8000-000000000001",
    "timestamp-millis": datetime(2030, 1, 15, tzinfo=UTC),
}


def canaries(kind: Any, text: str) -> Any:
    """A value of `kind` that holds `text` wherever text or bytes may stand."""
    if isinstance(kind, list):
        return canaries(next(branch for branch in kind if branch != "null"), text)
    if not isinstance(kind, dict):
        return {"string": text, "bytes": text.encode("utf-8", "replace"), "boolean": True}.get(kind, 1)
    if kind["type"] == "record":
        return {field["name"]: canaries(field["type"], text) for field in kind["fields"]}
    if kind["type"] == "array":
        return [canaries(kind["items"], text)]
    return kind["symbols"][0] if kind["type"] == "enum" else SOUND[kind["logicalType"]]


def everything_said(error: BaseException) -> Iterator[str]:
    """All that a log, a tracer or a post-mortem could print of `error` and of what led to it."""
    seen: BaseException | None = error
    while seen is not None:
        yield from (str(seen), repr(seen.args), repr(vars(seen)))
        seen = seen.__cause__ or seen.__context__
    yield from traceback.format_exception(error)


def holds_text(key: str) -> bool:
    return CANARY in str(canaries(committed()[key].declared, CANARY))


@pytest.mark.parametrize(
    ("fault", "key"),
    [("of our check", key) for key in WRITTEN] + [("of fastavro", key) for key in WRITTEN if holds_text(key)],
)
def test_an_error_never_contains_the_datum_when_writing(key: str, fault: str) -> None:
    declared = committed()[key].declared
    # fastavro alone finds that half a surrogate pair is no UTF-8, and quotes the whole text.
    datum = canaries(declared, CANARY if fault == "of our check" else CANARY + "\ud800")
    if fault == "of our check":
        datum[declared["fields"][0]["name"]] = {CANARY: CANARY}
    event = events.BY_RECORD[key].from_datum(datum)
    with pytest.raises(Unencodable) as refusal:
        OURS.encode(event)
    assert not [said for said in everything_said(refusal.value) if CANARY in said]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("ending", [b"", b"\xff" * 9], ids=["truncated", "malformed"])
def test_an_error_never_contains_the_bytes_when_reading(key: str, ending: bytes) -> None:
    text = varint(len(CANARY) + len(ending)) + CANARY.encode() + ending + b"\xfe"
    for body in (CANARY.encode() * 20, text, b"\x48" + (CANARY * 2)[:36].encode() + text * 3):
        with pytest.raises(Undecodable) as refusal:
            OURS.decode(framed(key, body), key)
        assert not [said for said in everything_said(refusal.value) if CANARY in said]
