"""Framing, refusals and the exactness of the codec, example by example."""

import json
import struct
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from referral_exchange import codec, events
from referral_exchange.catalog import committed
from referral_exchange.codec import Codec, Undecodable, Unencodable
from referral_exchange.contract_files import SCHEMAS
from referral_exchange.examples import event_of, json_of

IDS = {key: 100 + number for number, key in enumerate(committed())}
OURS = Codec(committed(), IDS)
NOON = datetime(2030, 1, 15, 12, tzinfo=UTC)


def example(family: str, name: str) -> events.Event:
    path = SCHEMAS / family / "examples" / f"{name}.pass.json"
    return event_of(committed()[".".join(name.split(".")[:2])], json.loads(path.read_text(encoding="utf-8")))


OFFERED = cast("events.ReferralOffered", example("referral", "ReferralOffered.v1.urgent"))
CONTACT = cast("events.SafeContact", example("parts", "SafeContact.v1.by-text"))
STATUS = cast("events.ServiceStatusChanged", example("service-status", "ServiceStatusChanged.v1.scheduled"))
FRAMED = OURS.encode(OFFERED)
KEY = "ReferralOffered.v1"


def refused(value: bytes | None, ce_type: str = KEY, **how: bool) -> str:
    with pytest.raises(Undecodable) as refusal:
        OURS.decode(value, ce_type, **how)
    return refusal.value.code


def test_an_event_is_framed_as_confluent_clients_do() -> None:
    assert FRAMED[:5] == b"\x00" + struct.pack(">I", IDS[KEY])
    assert FRAMED[5:] == codec.write_body(committed()[KEY], OFFERED)
    assert OURS.decode(FRAMED, KEY) == OFFERED


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "truncated"),
        (b"", "truncated"),
        (FRAMED[:4], "truncated"),
        (FRAMED[:5], "truncated"),
        (FRAMED[:-1], "truncated"),
        (FRAMED + b"\x00", "trailing-bytes"),
        (FRAMED + FRAMED, "trailing-bytes"),
        (b"\x01" + FRAMED[1:], "not-framed"),
        (b'{"event_id": 1}', "not-framed"),
        (b"\x00\x00\x00\x00\x07" + FRAMED[5:], "unknown-schema-id"),
        (b"\x00" + struct.pack(">I", IDS["ConsentGiven.v1"]) + FRAMED[5:], "unknown-schema-id"),
        (FRAMED[:5] + b"\x48" + b"g" * 36 + FRAMED[42:], "bad-uuid"),
        (FRAMED[:5] + b"\x48" + b"\xff" * 36 + FRAMED[42:], "malformed"),
        (b"\x00" * (codec.MAX_BYTES + 1), "too-large"),
    ],
)
def test_bytes_that_are_no_event_are_refused_with_a_code(value: bytes | None, code: str) -> None:
    assert refused(value) == code


def test_a_record_outside_the_committed_set_is_refused() -> None:
    assert refused(FRAMED, "ReferralOffered.v99") == "unknown-record"
    assert refused(FRAMED, "") == "unknown-record"
    with pytest.raises(Unencodable, match=r"ReferralOffered\.v1: unknown-record"):
        Codec({}, {}).encode(OFFERED)
    with pytest.raises(Unencodable, match=r"ReferralOffered\.v1: unknown-record"):
        Codec(committed(), {}).encode(OFFERED)


def test_ids_of_another_registry_are_taken_only_when_asked_for() -> None:
    foreign = Codec(committed(), {KEY: 9}).encode(OFFERED)
    assert refused(foreign) == "unknown-schema-id"
    assert OURS.decode(foreign, KEY, own_registry=False) == OFFERED
    assert refused(foreign, "ConsentGiven.v1", own_registry=False) in ("malformed", "trailing-bytes")
    assert refused(b"\x07" + foreign[1:], own_registry=False) == "not-framed"


def test_the_largest_event_passes_and_one_byte_more_does_not() -> None:
    room = codec.MAX_BYTES - len(
        OURS.encode(replace(OFFERED, parts=[events.SealedPart(lock=b"", ciphertext=b"")]))
    )
    # The length prefix of a large ciphertext takes two bytes more than that of an empty one.
    part = events.SealedPart(lock=b"", ciphertext=bytes(room - 2))
    framed = OURS.encode(replace(OFFERED, parts=[part]))
    assert len(framed) == codec.MAX_BYTES
    assert OURS.decode(framed, KEY) == replace(OFFERED, parts=[part])
    with pytest.raises(Unencodable, match="too-large"):
        OURS.encode(replace(OFFERED, parts=[replace(part, ciphertext=part.ciphertext + b"x")]))


@pytest.mark.parametrize(
    ("event", "field", "value", "code"),
    [
        (CONTACT, "may_contact", "no", "not-of-schema"),
        (CONTACT, "voicemail", 1, "not-of-schema"),
        (CONTACT, "voicemail", None, "not-of-schema"),
        (CONTACT, "pretext", "\ud800", "not-of-schema"),
        (OFFERED, "urgency", "soon", "not-of-schema"),
        (OFFERED, "urgency", None, "not-of-schema"),
        (OFFERED, "urgency", ["urgent"], "not-of-schema"),
        (OFFERED, "parts", "none", "not-of-schema"),
        (OFFERED, "parts", [events.SealedPart(lock="lock", ciphertext=b"")], "not-of-schema"),  # type: ignore[arg-type]
        (OFFERED, "occurred_at", NOON.replace(tzinfo=None), "not-of-schema"),
        (OFFERED, "occurred_at", 1894708800000, "not-of-schema"),
        (OFFERED, "programme_to", None, "not-of-schema"),
        (OFFERED, "referral_id", "7", "bad-uuid"),
        (OFFERED, "referral_id", OFFERED.referral_id + "\n", "bad-uuid"),
        (OFFERED, "referral_id", OFFERED.referral_id.replace("4", "A"), "bad-uuid"),
    ],
)
def test_a_value_of_another_type_is_never_coerced(event: Any, field: str, value: object, code: str) -> None:
    with pytest.raises(Unencodable) as refusal:
        OURS.encode(replace(event, **{field: value}))
    assert refusal.value.code == code


def test_an_id_deep_inside_a_record_is_checked_too() -> None:
    record = cast("events.ReferralRecord", example("routing", "ReferralRecord.v1.withdrawn"))
    verdicts = [replace(record.verdicts[0], event_id="first")]
    with pytest.raises(Unencodable, match="bad-uuid"):
        OURS.encode(replace(record, verdicts=verdicts))
    body = OURS.encode(record).replace(record.verdicts[0].event_id.encode(), b"x" * 36)
    assert refused(body, record.RECORD) == "bad-uuid"


def variant(event: events.Event, old: bytes, new: bytes) -> bytes:
    framed = OURS.encode(event)
    assert framed.endswith(old)
    return framed[: -len(old)] + new


@pytest.mark.parametrize(
    ("event", "old", "new"),
    [
        pytest.param(CONTACT, b"\x00", b"\x07", id="true written as 7"),
        pytest.param(
            STATUS, b"\x04\x02\x02\x00", b"\x04\x02\x01\x00", id="the last symbol, by a negative index"
        ),
        pytest.param(
            STATUS, b"\x04\x02\x02\x00", b"\x04\x01\x02\x00", id="the last branch, by a negative index"
        ),
        pytest.param(STATUS, b"\x04\x02\x02\x00", b"\x04\x02\x82\x80\x00\x00", id="a padded number"),
        pytest.param(STATUS, b"\x04\x02\x02\x00", b"\x04\x02\x0e\x00", id="a symbol that does not exist"),
        pytest.param(STATUS, b"\x04\x02\x02\x00", b"\x04\x04\x02\x00", id="a branch that does not exist"),
    ],
)
def test_an_event_has_one_encoding_only(event: events.Event, old: bytes, new: bytes) -> None:
    assert refused(variant(event, old, new), event.RECORD) == "malformed"


def test_json_for_people_gives_the_event_back() -> None:
    shown = json_of(OFFERED)
    assert shown["answer_by"] == "2030-01-15T09:00:00.000Z"
    assert event_of(committed()[KEY], shown) == OFFERED
    with pytest.raises(Unencodable) as refusal:
        event_of(committed()[KEY], {**shown, "answer_by": "soon"})
    assert refusal.value.__context__ is None


@pytest.mark.parametrize("value", [None, [], "text", 5, {}])
def test_json_that_is_no_object_of_the_record_is_refused(value: object) -> None:
    with pytest.raises(Unencodable, match="not-of-schema"):
        event_of(committed()[KEY], value)
