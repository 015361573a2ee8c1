"""Room is believed as long as it says, never longer, and never goes back in time."""

from datetime import timedelta
from typing import Any

import pytest
from directory_kit import NOW, Office, capacity, draft
from hypothesis import given
from hypothesis import strategies as st

from participant_edge.delivery import Effect, NotDelivered
from referral_exchange import events, ids
from referral_exchange.directory import Directory
from service_directory.capacity_desk import CapacityDesk
from service_directory.capacity_rules import LONGEST, believed, refusal

MINUTE = timedelta(minutes=1)


def deliver(office: Office, event: Any) -> None:
    desk = CapacityDesk(office.book, lambda: True, office.publisher.hurry)
    desk.deliver(Effect(effect_id=ids.fresh(), event=event, parts=()))
    office.publisher.flush()


def listed(office: Office) -> events.CapacityReported | None:
    return office.topic.directory().capacities.get("harbor-advocacy")


def shown(office: Office) -> str:
    found: str = office.search(region="Bay Side")[0]["capacity"]
    return found


def test_a_report_is_listed_under_its_own_key(office: Office) -> None:
    office.enrol()
    deliver(office, capacity())
    assert office.topic.messages[-1].key == "capacity:harbor-advocacy"
    held = listed(office)
    assert held is not None
    assert (held.capacity, held.room, held.as_of) == ("capacity", 2, NOW - MINUTE)
    assert office.search(capacity="capacity")[0]["room"]["room"] == 2


def test_a_repeat_lists_nothing_new(office: Office) -> None:
    office.enrol()
    report = capacity()
    deliver(office, report)
    said = len(office.topic.messages)
    deliver(office, report)
    assert len(office.topic.messages) == said


def test_what_is_out_of_date_is_shown_as_unknown(office: Office) -> None:
    office.enrol()
    deliver(office, capacity(valid_until=NOW + 10 * MINUTE))
    assert shown(office) == "capacity"
    office.clock.turn(minutes=10)
    assert shown(office) == "capacity"
    office.clock.turn(seconds=1)
    assert shown(office) == "unknown"
    assert office.search(capacity="unknown")[0]["room"] is None
    assert office.search(capacity="capacity") == []


def test_an_earlier_moment_never_replaces_a_later(office: Office) -> None:
    office.enrol()
    deliver(office, capacity(capacity="no_capacity", room=0))
    deliver(office, capacity(as_of=NOW - 2 * MINUTE))
    assert shown(office) == "no-capacity"
    deliver(office, capacity(as_of=NOW, capacity="waitlist", room=None))
    assert shown(office) == "waitlist"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"as_of": NOW, "valid_until": NOW - MINUTE}, "contradiction"),
        ({"capacity": "no_capacity", "room": 1}, "contradiction"),
        ({"capacity": "unspecified"}, "unspecified"),
        ({"room": -1}, "number"),
        ({"household_size": -2}, "number"),
        ({"as_of": NOW + 6 * MINUTE}, "future"),
        ({"as_of": NOW, "valid_until": NOW + LONGEST + MINUTE}, "too-long"),
        ({"as_of": NOW - 2 * MINUTE, "valid_until": NOW - MINUTE}, "stale"),
        ({"programme_id": "harbor-nowhere"}, "unknown-programme"),
        ({"programme_from": "meadow-housing"}, "not-your-programme"),
        ({"programme_from": "harbor-nowhere"}, "not-your-programme"),
    ],
)
def test_a_wrong_report_is_not_listed(
    office: Office, changed: dict[str, Any], code: str, caplog: pytest.LogCaptureFixture
) -> None:
    office.enrol()
    office.enrol("meadow-collective", programmes=[draft(programme_id="meadow-housing")])
    deliver(office, capacity(**changed))
    assert listed(office) is None
    assert code in caplog.text


def test_a_report_waits_until_the_directory_was_read(office: Office) -> None:
    desk = CapacityDesk(office.book, lambda: False, office.publisher.hurry)
    with pytest.raises(NotDelivered, match="directory-unread"):
        desk.deliver(Effect(effect_id=ids.fresh(), event=capacity(), parts=()))


def test_another_event_is_left(office: Office) -> None:
    deliver(
        office,
        events.EventRefused(
            event_id=ids.fresh(),
            occurred_at=NOW,
            programme_from="referral_router",
            programme_to="service_directory",
            referral_id=None,
            refused_event_id=ids.fresh(),
            code="too-old",
        ),
    )
    assert office.topic.messages == []


@given(
    ages=st.lists(st.integers(0, 600), min_size=1, max_size=8),
    lives=st.integers(1, 600),
    later=st.integers(0, 1200),
)
def test_whatever_the_order_the_latest_moment_is_kept_and_never_believed_too_long(
    ages: list[int], lives: int, later: int
) -> None:
    directory = Directory()
    for age in ages:
        as_of = NOW - timedelta(minutes=age)
        directory.apply(capacity(as_of=as_of, valid_until=as_of + timedelta(minutes=lives)))
    held = directory.capacities["harbor-advocacy"]
    assert held.as_of == NOW - timedelta(minutes=min(ages))
    now = NOW + timedelta(minutes=later)
    assert (believed(held, now).capacity is not None) == (now <= held.valid_until)


def test_the_reporter_must_be_listed() -> None:
    assert refusal(capacity(), Directory(), NOW) == "unknown-programme"
