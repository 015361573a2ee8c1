"""Headers, what a signature covers, and ids that derive from their cause."""

import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_exchange.ids import derived, fresh
from referral_exchange.message import HEADER_NAMES, Envelope, headers, read_headers, signed_bytes, text

EVENT_ID = "00000000-0000-4000-8000-000000000001"


class Stamp:
    """A signer whose signature shows what it signed."""

    programme = "sample-casework"
    key_id = "3"

    def sign(self, data: bytes) -> bytes:
        return b"signed:" + data


def enveloped(traceparent: str | None = None) -> Envelope:
    noon = datetime(2030, 1, 15, 12, tzinfo=UTC)
    return Envelope("ReferralOffered.v1", EVENT_ID, noon, "sample-key", "sample-shelter", traceparent)


def test_headers_are_those_of_the_contract_and_no_more() -> None:
    named = headers(enveloped("00-trace"), b"value", Stamp())
    assert set(named) == set(HEADER_NAMES)
    assert named["ce_type"] == b"ReferralOffered.v1"
    assert named["ce_source"] == b"sample-casework"
    assert named["ce_time"] == b"2030-01-15T12:00:00+00:00"
    assert named["key_id"] == b"3"
    assert "traceparent" not in headers(enveloped(), b"value", Stamp())


def test_the_signature_covers_type_key_recipient_and_bytes() -> None:
    signature = headers(enveloped(), b"value", Stamp())["signature"]
    assert signature == b"signed:" + signed_bytes(
        "ReferralOffered.v1", "sample-key", "sample-shelter", b"value"
    )


pieces = st.tuples(st.text(max_size=5), st.text(max_size=5), st.text(max_size=5), st.binary(max_size=5))


@given(pieces, pieces)
def test_no_two_messages_are_signed_alike(
    one: tuple[str, str, str, bytes], other: tuple[str, str, str, bytes]
) -> None:
    assert (signed_bytes(*one) == signed_bytes(*other)) == (one == other)


def test_unknown_and_empty_headers_are_left_out_and_the_last_counts() -> None:
    raw = [("ce_type", b"a"), ("name", b"unknown"), ("key_id", None), ("ce_type", b"b")]
    assert read_headers(raw) == {"ce_type": b"b"}
    assert read_headers(None) == {}


@pytest.mark.parametrize("value", [b"", b"\xff", b"Refer\xffralOffered.v1", b"ReferralOffered.v1\xc3"])
def test_a_header_that_is_not_text_reads_as_empty(value: bytes) -> None:
    assert text({"ce_type": value}, "ce_type") == ""
    assert text({}, "ce_type") == ""


def test_a_repeat_derives_the_same_id_and_any_other_cause_another() -> None:
    first = derived(EVENT_ID, "EventRefused", "sample-casework")
    assert first == derived(EVENT_ID, "EventRefused", "sample-casework")
    causes = [(EVENT_ID, "ClockElapsed", "sample-casework"), (EVENT_ID, "EventRefused", "sample-shelter")]
    causes.append((fresh(), "EventRefused", "sample-casework"))
    assert len({first, *(derived(*cause) for cause in causes)}) == 4
    assert str(uuid.UUID(first)) == first


def test_a_fresh_id_is_random_and_written_small() -> None:
    made = {fresh() for _ in range(1000)}
    assert len(made) == 1000
    assert all(uuid.UUID(one).version == 4 and one == one.lower() for one in made)
