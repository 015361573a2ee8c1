"""Bytes framed under another registry's ids, sent on under this one's."""

from datetime import UTC, datetime

import pytest

from referral_exchange import catalog
from referral_exchange.codec import Codec, Undecodable, Unencodable
from referral_exchange.events import EventRefused

IDS = {"EventRefused.v1": 7}
BEFORE = Codec(catalog.committed(), {"EventRefused.v1": 3})
NOW = Codec(catalog.committed(), IDS)


def an_event() -> EventRefused:
    return EventRefused(
        event_id="00000000-0000-4000-8000-000000000001",
        occurred_at=datetime(2031, 5, 4, tzinfo=UTC),
        programme_from="referral_router",
        programme_to="sample-harbor-shelter",
        refused_event_id="00000000-0000-4000-8000-000000000002",
        code="unknown",
    )


def test_only_the_id_changes() -> None:
    framed = BEFORE.encode(an_event())
    with pytest.raises(Undecodable):
        NOW.decode(framed, "EventRefused.v1")
    reframed = NOW.reframed(framed, "EventRefused.v1")
    assert (reframed[1:5], reframed[5:]) == (b"\0\0\0\7", framed[5:])
    assert NOW.decode(reframed, "EventRefused.v1") == an_event()


def test_under_the_same_registry_nothing_changes() -> None:
    framed = NOW.encode(an_event())
    assert NOW.reframed(framed, "EventRefused.v1") == framed


def test_what_this_registry_has_not_is_refused() -> None:
    with pytest.raises(Unencodable, match="unknown-record"):
        NOW.reframed(BEFORE.encode(an_event()), "ClockElapsed.v1")
