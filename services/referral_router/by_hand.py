"""Writes the two records of every event as Avro, field by field. The tests hold it to the codec's bytes.

On the way a byte is one character of Latin-1: nothing in Python puts short pieces together as fast as an
f-string does.
"""

from functools import lru_cache
from typing import NamedTuple, get_args

from referral_exchange.events.consent import Purge
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
    purge: Purge | None = None


def record(of: Referral) -> bytes:
    """The body of a ReferralRecord."""
    text = (
        f"H{of.referral_id}{_optional_text(of.programme_from)}{_optional_text(of.programme_to)}"
        f"{_STATES[of.state]}{_optional_text(of.sub_state)}{_URGENCIES[of.urgency]}"
        f"{_array([_consent(held) for held in of.consents])}"
        f"{_array([_clock(clock) for clock in of.clocks])}"
        f"{_array([_verdict(verdict) for verdict in of.verdicts])}"
        f"{_optional_text(of.trace_id)}{_long(of.updated_at)}{_optional_long(of.closed_at)}"
    )
    return text.encode("latin-1")


def progress(of: Progress) -> bytes:
    """The body of a ReferralProgressed."""
    text = (
        f"H{of.event_id}{_long(of.occurred_at)}H{of.referral_id}"
        f"{_text(of.programme_from)}{_text(of.programme_to)}{_text(of.step)}H{of.step_event_id}"
        f"{_text(of.state)}{_optional_text(of.sub_state)}{_URGENCIES[of.urgency]}"
        f"{_optional_long(of.due_at)}{_optional_text(of.clock)}{_optional_text(of.trace_id)}"
        f"{_optional_long(of.received_at)}{_PURGES[of.purge]}"
    )
    return text.encode("latin-1")


def long(value: int) -> bytes:
    """Zigzag, seven bits a byte, the least first."""
    left = (value << 1) ^ (value >> 63)
    out = bytearray()
    while left > 0x7F:
        out.append(left & 0x7F | 0x80)
        left >>= 7
    out.append(left)
    return bytes(out)


def _consent(of: Consent) -> str:
    return (
        f"H{of.consent_id}{_text(of.programme_from)}{_text(of.programme_to)}"
        f"{_optional_long(of.ends_at)}{_STANDINGS[of.standing]}{_optional_long(of.ended_offset)}"
    )


def _clock(of: Clock) -> str:
    return f"{_text(of.name)}{_long(of.due_at)}{_BOOLEANS[of.elapsed]}"


def _verdict(of: Verdict) -> str:
    # A fingerprint comes once; keeping it at hand would only push out what comes again.
    fingerprint = long(of.fingerprint).decode("latin-1")
    return f"{_text(of.participant)}H{of.event_id}{_long(of.offset)}{_text(of.code)}{fingerprint}"


def _array(items: list[str]) -> str:
    return f"{_long(len(items))}{''.join(items)}\0" if items else "\0"


@lru_cache(maxsize=4096)
def _long(value: int) -> str:
    """The times of one turn are mostly the same few."""
    return long(value).decode("latin-1")


@lru_cache(maxsize=4096)
def _text(value: str) -> str:
    """Programmes, participants, codes: few, and written again and again."""
    data = value.encode()
    return (long(len(data)) + data).decode("latin-1")


@lru_cache(maxsize=4096)
def _optional_text(value: str | None) -> str:
    return "\0" if value is None else f"\2{_text(value)}"


@lru_cache(maxsize=4096)
def _optional_long(value: int | None) -> str:
    return "\0" if value is None else f"\2{_long(value)}"


_BOOLEANS = {False: "\0", True: "\1"}
_STATES = {symbol: _long(number) for number, symbol in enumerate(get_args(State))}
_STANDINGS = {symbol: _long(number) for number, symbol in enumerate(get_args(Standing))}
_PURGES = {None: "\0", **{symbol: f"\2{_long(number)}" for number, symbol in enumerate(get_args(Purge))}}
_URGENCIES = {symbol: _long(number) for number, symbol in enumerate(get_args(Urgency))}
