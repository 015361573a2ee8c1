"""The quick way of reading and writing agrees with the codec, byte for byte and refusal for refusal."""

from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from cases import (
    OPENER_KINDS,
    Case,
    answered,
    cancelled,
    disclosed,
    document_answered,
    given,
    grounds,
    offered,
    opening,
    part,
    purged,
    received,
    reported,
    resync,
    status,
)
from hypothesis import given as drawn
from hypothesis import strategies as st
from paper_router import IDS, RECIPIENT, SENDER, WIRE

from referral_exchange import ids
from referral_exchange.catalog import committed
from referral_exchange.codec import Undecodable
from referral_exchange.event_kinds import ADDRESSEES, SAID_ONLY_BY
from referral_exchange.events import ReferralProgressed, ReferralRecord
from referral_exchange.events.consent import Purge
from referral_router import by_hand, positional
from referral_router.by_hand import Progress
from referral_router.letters import LISTED
from referral_router.moves import MOVES
from referral_router.referral import Clock, Consent, Incoming, Referral, Verdict
from referral_router.subjectless import REPORT, RESYNC
from referral_router.wire import _DEFAULTS, _ROUTED, _SAID, PROGRESS, RECORD, milliseconds, moment

CASE = Case(SENDER, RECIPIENT)
EVENTS = [
    offered(CASE),
    offered(CASE, answer_by=datetime(2030, 1, 1, tzinfo=UTC), urgency="emergency", parts=[part(), part()]),
    received(CASE),
    status(CASE, "in_progress", sub_state="scheduled", parts=[part()]),
    answered(CASE),
    disclosed(CASE, parts=[part(), part(), part()]),
    cancelled(CASE),
    purged(CASE),
    given(CASE)[0],
    *(grounds(CASE)),
    grounds(CASE, datetime(2030, 1, 1, tzinfo=UTC))[0],
    *(opening(CASE, kind, parts=[part(), part()]) for kind in OPENER_KINDS),
    document_answered(CASE),
    *(reported(SENDER, kind, "plan_office") for kind in ADDRESSEES if kind not in (REPORT, RESYNC)),
    resync(SENDER),
    resync(SENDER, datetime(2030, 1, 1, tzinfo=UTC)),
]
texts = st.text(max_size=20)
names = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=30)
uuids = st.uuids().map(str)
longs = st.integers(-(2**63), 2**63 - 1)
times = st.integers(-62_135_596_800_000, 253_402_300_799_000)


def slowly(value: bytes, ce_type: str) -> tuple[str, Any] | str:
    try:
        return WIRE._read_slowly(value, ce_type)
    except Undecodable as error:
        return error.code


def quickly(value: bytes, ce_type: str) -> tuple[str, Any] | str:
    try:
        return WIRE.read(value, ce_type.encode())
    except Undecodable as error:
        return error.code


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.RECORD)
def test_both_ways_read_the_same_fields(event: Any) -> None:
    value = WIRE.codec.encode(event)
    assert WIRE.read(value, event.RECORD.encode()) == slowly(value, event.RECORD)
    fast = WIRE._fast[event.RECORD.encode()]
    values, end = fast.read(value, 5)
    assert end == len(value)
    assert fast.routed(values + _DEFAULTS) == WIRE.read(value, event.RECORD.encode())[1]


@drawn(st.sampled_from(EVENTS), st.data())
def test_bytes_that_were_meddled_with_are_judged_alike(event: Any, data: Any) -> None:
    value = bytearray(WIRE.codec.encode(event))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(value) - 1))
        match data.draw(st.sampled_from(["set", "cut", "insert", "append"])):
            case "set":
                value[at] = data.draw(st.integers(0, 255))
            case "cut":
                del value[at : at + data.draw(st.integers(1, 5))]
            case "insert":
                value[at:at] = data.draw(st.binary(min_size=1, max_size=3))
            case _:
                value += data.draw(st.binary(min_size=1, max_size=3))
    assert quickly(bytes(value), event.RECORD) == slowly(bytes(value), event.RECORD)


def length(count: int) -> bytes:
    return by_hand.long(count)


def sealed_parts(count: int) -> bytes:
    lock, ciphertext = b"l" * 70, b"c" * 90
    return (length(len(lock)) + lock + length(len(ciphertext)) + ciphertext) * count


def with_parts(body: bytes) -> bytes:
    """A ReferralDisclosed whose array of parts is `body`."""
    whole = WIRE.codec.encode(disclosed(CASE, parts=[]))
    assert whole.endswith(b"\x00")
    return whole[:-1] + body


@pytest.mark.parametrize(
    ("body", "readable"),
    [
        (length(2) + sealed_parts(2) + b"\x00", True),
        (length(1) + sealed_parts(1) + length(1) + sealed_parts(1) + b"\x00", False),
        (length(-2) + length(len(sealed_parts(2))) + sealed_parts(2) + b"\x00", False),
        (length(2) + sealed_parts(2) + b"\x80\x00", False),
        (b"\x82\x00" + sealed_parts(1) + b"\x00", False),
        (length(2) + sealed_parts(2), False),
        (length(2) + sealed_parts(2) + b"\x02", False),
        (length(1) + length(-1) + b"x" + length(1) + b"x" + b"\x00", False),
        (length(1) + length(10**9) + b"x" + b"\x00", False),
        (length(10**15) + b"\x00" * 40, False),
        (b"\xff" * 11, False),
        (length(1) + length(70) + b"l" * 69, False),
        (b"\x00\x00", False),
    ],
    ids=range(13),
)
def test_parts_have_one_encoding_only(body: bytes, readable: bool) -> None:
    value = with_parts(body)
    judged = quickly(value, "ReferralDisclosed.v1")
    assert judged == slowly(value, "ReferralDisclosed.v1")
    assert isinstance(judged, tuple) == readable
    fast = WIRE._fast[b"ReferralDisclosed.v1"]
    if not readable:
        with pytest.raises((positional.Doubtful, IndexError, AssertionError)):
            assert fast.read(value, 5)[1] == len(value)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x80\x00", "long"),
        (b"\xff" * 9 + b"\x02", "long"),
        (b"\xff" * 10 + b"\x01", "long"),
        (by_hand.long(2**31), "int"),
        (by_hand.long(-(2**31) - 1), "int"),
        (b"\x02", "boolean"),
        (by_hand.long(-3), "string"),
        (by_hand.long(5) + b"abc", "string"),
        (b"\x04", ["null", "string"]),
        (b"\x04", {"type": "enum", "symbols": ["a", "b"]}),
        (b"\x01", {"type": "enum", "symbols": ["a", "b"]}),
        (b"H" + b"0" * 36, {"type": "string", "logicalType": "uuid"}),
        (b"H" + b"A" * 8 + b"-0000-4000-8000-000000000000", {"type": "string", "logicalType": "uuid"}),
        (by_hand.long(253_402_300_800_000), {"type": "long", "logicalType": "timestamp-millis"}),
        (by_hand.long(2) + b"\x02a\x02b\x02", {"type": "array", "items": "string"}),
        (by_hand.long(-1) + b"\x04\x02a\x00", {"type": "array", "items": "string"}),
        (by_hand.long(10**12), {"type": "array", "items": "string"}),
    ],
    ids=range(17),
)
def test_what_has_another_encoding_is_doubted(data: bytes, kind: Any) -> None:
    with pytest.raises((positional.Doubtful, IndexError)):
        positional.reader(kind)(data, 0)


def test_a_type_that_is_not_in_use_has_no_reader() -> None:
    with pytest.raises(KeyError):
        positional.reader("double")


@drawn(st.sampled_from(sorted(IDS)), st.binary(max_size=300), st.booleans())
def test_bytes_from_nowhere_are_judged_alike(ce_type: str, body: bytes, framed: bool) -> None:
    value = b"\x00" + IDS[ce_type].to_bytes(4, "big") + body if framed else body
    assert quickly(value, ce_type) == slowly(value, ce_type)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "truncated"),
        (b"", "truncated"),
        (b"\x01\x00\x00\x00\x01", "not-framed"),
        (b"\x00\xff\xff\xff\xff" + b"x" * 40, "unknown-schema-id"),
        (b"\x00" * (512 * 1024 + 1), "too-large"),
    ],
)
def test_foreign_bytes_have_a_code(value: bytes | None, code: str) -> None:
    with pytest.raises(Undecodable) as refused:
        WIRE.read(value, b"ReferralOffered.v1")
    assert refused.value.code == code


def test_a_record_that_is_no_event_is_nothing_an_outbox_can_hold() -> None:
    value = WIRE.write_record(Referral(ids.fresh(), consents=(), updated_at=1))
    with pytest.raises(Undecodable) as refused:
        WIRE.read(value, RECORD.encode())
    assert refused.value.code == "event-not-allowed"


consents = st.builds(
    Consent,
    uuids,
    names,
    names,
    st.none() | times,
    st.sampled_from(["live", "withdrawn", "expired"]),
    st.none() | longs,
)
referrals = st.builds(
    Referral,
    uuids,
    st.none() | names,
    st.none() | names,
    st.sampled_from(["consented", "requested", "on_hold", "entered_in_error"]),
    st.none() | names,
    st.sampled_from(["routine", "emergency"]),
    st.lists(consents, max_size=3).map(tuple),
    st.lists(st.builds(Clock, names, times, st.booleans()), max_size=2).map(tuple),
    st.lists(st.builds(Verdict, names, uuids, longs, names, longs), max_size=5).map(tuple),
    st.none() | names,
    times,
    st.none() | times,
)


@drawn(referrals)
def test_a_record_is_written_as_the_codec_would_and_comes_back_either_way(referral: Referral) -> None:
    value = WIRE.write_record(referral)
    event = WIRE.codec.decode(value, RECORD)
    assert isinstance(event, ReferralRecord)
    assert WIRE.codec.encode(event) == value
    assert WIRE.read_record(value) == referral
    assert WIRE.read_record(b"\x00\x00\x00\x00\x00" + value[5:]) == referral
    for broken in (value[:-1], value + b"\x00", b"\x01" + value[1:], b""):
        with pytest.raises(Undecodable):
            WIRE.read_record(broken)
    with pytest.raises(Undecodable):
        WIRE.read_record(b"\x00\x00\x00\x00\x00" + value[5:], PROGRESS)


@drawn(referrals)
def test_a_record_the_quick_way_cannot_read_is_read_by_the_codec(referral: Referral) -> None:
    value = WIRE.write_record(referral)
    quick, WIRE._record = WIRE._record, WIRE._record._replace(head=b"")
    try:
        assert WIRE.read_record(value) == referral
    finally:
        WIRE._record = quick


@drawn(
    st.builds(
        Progress,
        uuids,
        times,
        uuids,
        names,
        names,
        names,
        uuids,
        names,
        st.none() | names,
        st.sampled_from(["routine", "urgent"]),
        st.none() | times,
        st.none() | names,
        st.none() | names,
        st.none() | times,
        st.sampled_from([None, *get_args(Purge)]),
    )
)
def test_progress_is_written_as_the_codec_would(progress: Progress) -> None:
    value = WIRE.write_progress(progress)
    event = WIRE.codec.decode(value, PROGRESS)
    assert WIRE.codec.encode(event) == value


def test_the_tuples_have_the_fields_of_their_schemas_in_order() -> None:
    declared = committed()[RECORD].declared
    nested = {
        f["name"]: [g["name"] for g in f["type"]["items"]["fields"]]
        for f in declared["fields"]
        if isinstance(f["type"], dict) and f["type"].get("type") == "array"
    }
    assert [f["name"] for f in declared["fields"]] == list(Referral._fields)
    assert nested == {
        "consents": list(Consent._fields),
        "clocks": list(Clock._fields),
        "verdicts": list(Verdict._fields),
    }
    assert list(Progress._fields) == [f.name for f in fields(ReferralProgressed)]


def test_what_is_routed_is_what_an_incoming_ends_with() -> None:
    assert list(Incoming._fields[-len(_ROUTED) :]) == list(_ROUTED)
    said = {name for name, _ in MOVES if name in _SAID}
    assert said == set(_SAID)


def test_the_rules_know_every_event_that_an_outbox_may_carry() -> None:
    moves, about_nobody, from_one = {kind for kind, _ in MOVES}, set(ADDRESSEES), set(SAID_ONLY_BY)
    assert moves | about_nobody | from_one == LISTED
    assert len(moves) + len(about_nobody) + len(from_one) == len(LISTED)


@drawn(longs)
def test_a_long_is_written_in_its_shortest_form(value: int) -> None:
    data = by_hand.long(value)
    assert positional.reader("long")(data, 0) == (value, len(data))


@drawn(times)
def test_milliseconds_and_moments_are_each_others_way_back(ms: int) -> None:
    assert milliseconds(moment(ms)) == ms
