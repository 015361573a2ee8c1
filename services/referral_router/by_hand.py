"""Writes the two records of every event as Avro, field by field. The tests hold it to the codec's bytes."""

from functools import lru_cache
from typing import NamedTuple, get_args

from referral_router.referral import Clock, Consent, Referral, Standing, State, Urgency, Verdict


class Progress(NamedTuple):
    """ReferralProgressed, field by field."""

    event_id: str
    occurred_at: int
    referral_id: str
    programme_from: str
    programme_to: str
    step: str
    step_event_id: str
    state: State
    sub_state: str | None
    urgency: Urgency
    due_at: int | None
    clock: str | None
    trace_id: str | None
    received_at: int | None


def record(of: Referral) -> bytes:
    """The body of a ReferralRecord."""
    return b"".join(
        (
            _uuid(of.referral_id),
            _optional_text(of.programme_from),
            _optional_text(of.programme_to),
            _STATES[of.state],
            _optional_text(of.sub_state),
            _URGENCIES[of.urgency],
            _array([_consent(held) for held in of.consents]),
            _array([_clock(clock) for clock in of.clocks]),
            _array([_verdict(verdict) for verdict in of.verdicts]),
            _optional_text(of.trace_id),
            long(of.updated_at),
            _optional_long(of.closed_at),
        )
    )


def progress(of: Progress) -> bytes:
    """The body of a ReferralProgressed."""
    return b"".join(
        (
            _uuid(of.event_id),
            long(of.occurred_at),
            _uuid(of.referral_id),
            _text(of.programme_from),
            _text(of.programme_to),
            _text(of.step),
            _uuid(of.step_event_id),
            _text(of.state),
            _optional_text(of.sub_state),
            _URGENCIES[of.urgency],
            _optional_long(of.due_at),
            _optional_text(of.clock),
            _optional_text(of.trace_id),
            _optional_long(of.received_at),
        )
    )


@lru_cache(maxsize=4096)
def long(value: int) -> bytes:
    """Zigzag, seven bits a byte, the least first. Times of one turn are mostly the same few."""
    left = (value << 1) ^ (value >> 63)
    out = bytearray()
    while left > 0x7F:
        out.append(left & 0x7F | 0x80)
        left >>= 7
    out.append(left)
    return bytes(out)


def _consent(held: Consent) -> bytes:
    return b"".join(
        (
            _uuid(held.consent_id),
            _text(held.programme_from),
            _text(held.programme_to),
            _optional_long(held.ends_at),
            _STANDINGS[held.standing],
            _optional_long(held.ended_offset),
        )
    )


def _clock(clock: Clock) -> bytes:
    return _text(clock.name) + long(clock.due_at) + (b"\x01" if clock.elapsed else b"\x00")


def _verdict(verdict: Verdict) -> bytes:
    who, event_id, offset, code, fingerprint = verdict
    return _text(who) + _uuid(event_id) + long(offset) + _text(code) + long.__wrapped__(fingerprint)


def _array(items: list[bytes]) -> bytes:
    return b"".join((long(len(items)), *items, b"\x00")) if items else b"\x00"


def _uuid(value: str) -> bytes:
    return b"H" + value.encode()


@lru_cache(maxsize=4096)
def _text(value: str) -> bytes:
    """Programmes, participants, codes: few, and written again and again."""
    data = value.encode()
    return long(len(data)) + data


@lru_cache(maxsize=4096)
def _optional_text(value: str | None) -> bytes:
    return b"\x00" if value is None else b"\x02" + _text(value)


@lru_cache(maxsize=4096)
def _optional_long(value: int | None) -> bytes:
    return b"\x00" if value is None else b"\x02" + long(value)


_STATES = {symbol: long(number) for number, symbol in enumerate(get_args(State))}
_STANDINGS = {symbol: long(number) for number, symbol in enumerate(get_args(Standing))}
_URGENCIES = {symbol: long(number) for number, symbol in enumerate(get_args(Urgency))}
