"""The board's rules: what a step changes, who waits, who goes."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_exchange.events import ReferralProgressed
from status_board import rules
from status_board.rows import from_row, to_row
from status_board.rules import Entry

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
REFERRAL = "3f0c1c1e-3b1f-4b8f-9a57-0a5f7f1f2f3a"


def step(
    state: str, minutes: float = 0, *, record: str = "ReferralOffered", **more: object
) -> ReferralProgressed:
    values: dict[str, object] = {
        "event_id": str(uuid.uuid4()),
        "occurred_at": NOON + timedelta(minutes=minutes),
        "referral_id": REFERRAL,
        "programme_from": "lantern-case-management",
        "programme_to": "harbor-shelter",
        "step": record,
        "step_event_id": str(uuid.uuid4()),
        "state": state,
        "urgency": "urgent",
        **more,
    }
    return ReferralProgressed(**values)  # type: ignore[arg-type]


def after(*steps: ReferralProgressed) -> Entry:
    entry: Entry | None = None
    for one in steps:
        entry = rules.take(entry, one)
    assert entry is not None
    return entry


def test_an_offer_waits_until_it_is_received() -> None:
    offered = after(step("requested"))
    assert rules.waits(offered, NOON) == "not-yet-received"
    received = rules.take(offered, step("received", 2, record="ServiceStatusChanged"))
    assert rules.waits(received, NOON + timedelta(minutes=3)) is None
    assert received.since == NOON + timedelta(minutes=2)


def test_a_clock_that_ran_out_waits_whether_or_not_the_router_said_so() -> None:
    due = NOON + timedelta(hours=1)
    received = after(step("requested"), step("received", 2, due_at=due, clock="answer"))
    assert rules.waits(received, due - timedelta(seconds=1)) is None
    assert rules.waits(received, due) == "clock-elapsed"
    told = rules.take(received, step("received", 60, record="ClockElapsed.v1"))
    assert rules.waits(told, NOON) == "clock-elapsed"
    assert told.since == NOON + timedelta(minutes=2)


def test_an_answer_stops_the_clock() -> None:
    late = after(step("requested", due_at=NOON), step("requested", 1, record="ClockElapsed"))
    answered = rules.take(late, step("accepted", 5, record="ReferralAnswered"))
    assert not answered.elapsed
    assert rules.waits(answered, NOON + timedelta(days=2)) is None


@pytest.mark.parametrize("state", ["rejected", "completed", "failed", "entered_in_error", "cancelled"])
def test_what_has_ended_waits_for_nobody_and_leaves_after_a_while(state: str) -> None:
    ended = after(step("requested", due_at=NOON), step(state, 10, due_at=NOON))
    day = timedelta(days=1)
    assert rules.has_ended(ended)
    assert rules.waits(ended, NOON + day) is None
    assert not rules.leaves(ended, NOON + timedelta(minutes=9) + day, day)
    assert rules.leaves(ended, NOON + timedelta(minutes=10) + day, day)


def test_a_withdrawn_referral_stays_until_its_purge_is_answered() -> None:
    withdrawn = after(
        step("received"), step("cancelled", 5, record="ConsentWithdrawn", sub_state="cancel_requested")
    )
    assert not rules.has_ended(withdrawn)
    assert rules.awaits_purge(withdrawn)
    answered = rules.take(
        withdrawn, step("cancelled", 9, record="PurgeAnswered", sub_state="cancel_confirmed")
    )
    assert rules.has_ended(answered)
    assert not rules.awaits_purge(answered)


def test_an_expired_referral_has_ended_for_nobody_is_asked_to_purge() -> None:
    expired = after(
        step("received"), step("cancelled", 5, record="ConsentExpired", sub_state="cancel_requested")
    )
    assert rules.has_ended(expired)


def test_the_same_step_again_changes_nothing() -> None:
    offered, received = step("requested"), step("received", 1)
    entry = after(offered, received)
    assert rules.take(entry, offered) is entry
    assert rules.take(entry, received) is entry


def test_the_waiting_ones_come_first_and_the_most_urgent_of_them_before() -> None:
    def named(name: str, entry: Entry) -> Entry:
        return Entry(**{**{f: getattr(entry, f) for f in Entry.__slots__}, "referral_id": name})

    ended = named("ended", after(step("completed", -90)))
    calm = named("calm", after(step("received", -80)))
    routine = named("routine", after(step("requested", -70, urgency="routine")))
    urgent = named("urgent", after(step("requested", -5)))
    older = named("older", after(step("requested", -6)))
    overdue = named("overdue", after(step("received", -1, due_at=NOON)))
    mixed = [ended, calm, routine, urgent, older, overdue]
    names = [entry.referral_id for entry in rules.in_order(mixed, NOON)]
    assert names == ["overdue", "older", "urgent", "routine", "calm", "ended"]


@pytest.mark.parametrize(
    ("show", "seen"),
    [
        ("open", True),
        ("waiting", True),
        ("closed", False),
        ("all", True),
        ("requested", True),
        ("in-progress", False),
        ("<script>", False),
    ],
)
def test_a_view_shows_what_its_name_says(show: str, seen: bool) -> None:
    assert rules.shown(after(step("requested")), show, NOON) is seen


def test_a_state_is_asked_for_in_fhirs_form() -> None:
    assert rules.shown(after(step("in_progress")), "in-progress", NOON)


def test_the_steps_kept_are_bounded() -> None:
    entry = after(*(step("received", minutes) for minutes in range(rules.MOST_STEPS + 5)))
    assert len(entry.steps) == rules.MOST_STEPS
    assert entry.steps[-1].at == NOON + timedelta(minutes=rules.MOST_STEPS + 4)


_STATES = st.sampled_from(
    ["consented", "requested", "received", "accepted", "rejected", "in_progress", "completed", "cancelled"]
)


@given(st.lists(st.tuples(_STATES, st.integers(0, 10_000), st.booleans()), min_size=1, max_size=12))
def test_a_row_survives_its_changelog(taken: list[tuple[str, int, bool]]) -> None:
    entry = after(*(step(state, m, due_at=NOON if due else None) for state, m, due in taken))
    assert from_row(to_row(entry)) == entry


@given(
    st.lists(st.tuples(_STATES, st.integers(0, 500)), min_size=1, max_size=8),
    st.lists(st.integers(0, 7), max_size=8),
)
def test_repeats_of_any_earlier_step_never_change_the_board(
    taken: list[tuple[str, int]], again: list[int]
) -> None:
    steps = [step(state, minutes) for state, minutes in taken]
    once = after(*steps)
    assert after(*steps, *(steps[i] for i in again if i < len(steps))) == once


def test_a_purge_that_nobody_answers_is_shown_and_stays_also_where_all_else_has_ended() -> None:
    asked = step("completed", 10, due_at=NOON + timedelta(days=3), clock="purge-overdue")
    told = step("completed", 20, step="ClockElapsed.v1")
    answered = step("completed", 30, step="PurgeAnswered.v1")
    late, day = NOON + timedelta(days=9), timedelta(days=1)
    assert rules.waits(after(asked), NOON) is None
    assert not rules.leaves(after(asked), late, day)
    assert rules.waits(after(asked, told), late) == "purge-overdue"
    assert not rules.leaves(after(asked, told), late, day)
    assert rules.shown(after(asked, told), "waiting", late)
    assert rules.waits(after(asked, told, answered), late) is None
    assert rules.leaves(after(asked, told, answered), late, day)
