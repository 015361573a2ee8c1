"""The ladder as sentences: who is told when, whatever breaks, and when it is said aloud that nobody heard."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from notice_kit import LADDER, MINUTE, START, a_view

from participant_edge.notices import rules
from participant_edge.notices.rules import Ladder, Matter, Quiet, Rung, Step
from participant_edge.views import Refusal
from participant_edge.views import Step as ReferralStep

TURN = timedelta(seconds=30)
CONTACTS = ("duty", "supervisor", "operator")

rungs = st.builds(
    Rung,
    after=st.integers(0, 120).map(lambda minutes: minutes * MINUTE),
    to=st.sampled_from(CONTACTS),
    by=st.sampled_from(["email", "sms", "webhook"]),
)
quiets = st.builds(
    Quiet,
    st.integers(0, 23).map(time),
    st.integers(0, 23).map(lambda hour: time(hour, 30)),
    st.sampled_from([UTC, ZoneInfo("America/Chicago"), ZoneInfo("Asia/Kathmandu")]),
)
ladders = st.builds(
    lambda chosen, quiet: Ladder(tuple(sorted(chosen, key=lambda rung: rung.after)), quiet),
    st.lists(rungs, min_size=1, max_size=5, unique_by=lambda rung: rung.key),
    st.dictionaries(st.sampled_from(CONTACTS), quiets, max_size=2),
)
moments = st.integers(0, 86400).map(lambda seconds: START + timedelta(seconds=seconds))


def a_matter(urgency: str = "urgent", kind: str = "answer-wanted", since: datetime = START) -> Matter:
    return Matter(number=1, kind=kind, referral_id="r", cause="c", urgency=urgency, since=since)


class World:
    """Plays a plan out, with gateways of which some never work."""

    def __init__(self, ladder: Ladder, matter: Matter, broken: frozenset[str] = frozenset()) -> None:
        self.ladder, self.matter, self.broken = ladder, matter, broken
        self.steps: dict[str, Step] = {}
        self.down_until: dict[str, datetime] = {}
        self.told: list[tuple[datetime, Rung]] = []
        self.loud_at: datetime | None = None

    def turn(self, now: datetime) -> None:
        down = {name for name, until in self.down_until.items() if now < until}
        plan = rules.plan(self.matter, self.ladder, self.steps, down, now)
        for rung in plan.give_up:
            self._set(rung, "given-up", now)
        for rung in plan.send:
            works = rung.gateway not in self.broken
            self._set(rung, "sent" if works else "planned", now)
            if works:
                self.told.append((now, rung))
            else:
                self.down_until[rung.gateway] = now + 5 * MINUTE
        if plan.loud:
            self.loud_at = self.loud_at or now

    def until(self, end: datetime) -> "World":
        now = self.matter.since
        while now <= end:
            self.turn(now)
            now += TURN
        return self

    def _set(self, rung: Rung, state: str, now: datetime) -> None:
        known = self.steps.get(rung.key)
        self.steps[rung.key] = Step(
            rung=rung.key,
            state=state,  # type: ignore[arg-type]
            attempts=known.attempts + 1 if known else 1,
            planned_at=known.planned_at if known else now,
            next_try_at=now + 5 * MINUTE,
            sent_at=now if state == "sent" else None,
            code=None if state == "sent" else "no-connection",
        )


def last(ladder: Ladder) -> timedelta:
    return ladder.rungs[-1].after


@given(ladders, st.frozensets(st.sampled_from(["email", "sms", "webhook.duty"])), moments)
def test_no_urgent_offer_stays_silent_longer_than_ladder_quiet_hours_and_patience(
    ladder: Ladder, broken: frozenset[str], since: datetime
) -> None:
    day = timedelta(days=1)
    world = World(ladder, a_matter(since=since), broken)
    end = since + last(ladder) + day + ladder.patience + TURN
    now = since
    while now <= end and world.loud_at is None:
        world.turn(now)
        now += 10 * TURN
    assert world.loud_at is not None


def test_quiet_hours_that_take_turns_do_not_put_off_that_it_is_said_aloud() -> None:
    """Nothing works, and whenever one contact may be called another one sleeps."""
    quiet = {"duty": Quiet(time(20), time(8), UTC), "supervisor": Quiet(time(8), time(20), UTC)}
    rungs = (Rung(after=timedelta(), to="duty", by="sms"), Rung(after=MINUTE, to="supervisor", by="email"))
    ladder = Ladder(rungs, quiet)
    world = World(ladder, a_matter(), frozenset({"sms", "email"})).until(START + timedelta(days=2))
    assert world.loud_at is not None
    assert world.loud_at <= START + MINUTE + timedelta(hours=12) + ladder.patience + TURN
    assert world.told == []


@given(ladders, moments)
def test_an_emergency_is_told_at_the_time_of_every_rung_whatever_the_hour(
    ladder: Ladder, since: datetime
) -> None:
    world = World(ladder, a_matter("emergency", since=since)).until(since + last(ladder) + TURN)
    assert [rung for _, rung in world.told] == list(ladder.rungs)
    assert all(at - (since + rung.after) < TURN for at, rung in world.told)


@given(ladders, st.sampled_from(["routine", "urgent"]), moments)
def test_nobody_is_disturbed_in_quiet_hours_except_by_an_emergency(
    ladder: Ladder, urgency: str, since: datetime
) -> None:
    world = World(ladder, a_matter(urgency, since=since)).until(since + last(ladder) + timedelta(hours=3))
    for at, rung in world.told:
        quiet = ladder.quiet.get(rung.to)
        assert quiet is None or not quiet.holds(at)


@given(ladders, moments)
def test_nobody_is_told_twice_on_the_same_rung_and_none_before_its_time(
    ladder: Ladder, since: datetime
) -> None:
    world = World(ladder, a_matter(since=since)).until(since + last(ladder) + timedelta(hours=2))
    keys = [rung.key for _, rung in world.told]
    assert len(keys) == len(set(keys))
    assert all(at >= since + rung.after for at, rung in world.told)


@given(ladders, moments)
def test_a_gateway_that_is_down_brings_the_next_rung_forward_at_once(ladder: Ladder, since: datetime) -> None:
    works = {rung.gateway for rung in ladder.rungs}
    first = ladder.rungs[0]
    others = [rung for rung in ladder.rungs if rung.gateway != first.gateway]
    world = World(ladder, a_matter("emergency", since=since), frozenset({first.gateway}))
    world.until(since + first.after + 3 * TURN)
    if others and works:
        assert world.told
        assert world.told[0][0] <= since + first.after + TURN
    else:
        assert world.loud_at is not None


@given(ladders, moments)
def test_it_is_never_said_aloud_before_every_rung_was_used_or_has_failed(
    ladder: Ladder, since: datetime
) -> None:
    world = World(ladder, a_matter(since=since))
    world.until(since + last(ladder) + ladder.patience - TURN)
    assert world.loud_at is None


@given(st.integers(1, 10_000), st.none() | st.integers(0, 10**9).map(lambda s: timedelta(seconds=s)))
def test_no_pause_is_shorter_than_five_seconds_or_longer_than_a_quarter_of_an_hour(
    attempts: int, asked: timedelta | None
) -> None:
    assert timedelta(seconds=5) <= rules.pause(attempts, asked) <= timedelta(minutes=15)


def test_a_step_that_never_gets_through_is_given_up_after_a_day() -> None:
    ladder = Ladder((Rung(timedelta(), "duty", "sms"),))
    world = World(ladder, a_matter(), frozenset({"sms"})).until(START + timedelta(hours=23))
    assert world.steps[ladder.rungs[0].key].state == "planned"
    assert world.steps[ladder.rungs[0].key].attempts < 300
    world.until(START + timedelta(hours=25))
    assert world.steps[ladder.rungs[0].key].state == "given-up"


def test_what_is_told_once_uses_its_first_rung_only_and_is_never_loud() -> None:
    world = World(LADDER, a_matter(kind="declined")).until(START + timedelta(hours=5))
    assert [(rung.to, rung.by) for _, rung in world.told] == [("duty", "email")]
    assert world.loud_at is None
    plan = rules.plan(a_matter(kind="declined"), LADDER, world.steps, (), START)
    assert plan.told


def test_quiet_hours_span_midnight_and_follow_the_contacts_own_clock() -> None:
    chicago = Quiet(time(22), time(7), ZoneInfo("America/Chicago"))
    held = [hour for hour in range(24) if chicago.holds(datetime(2031, 1, 15, hour, tzinfo=UTC))]
    assert held == [4, 5, 6, 7, 8, 9, 10, 11, 12]
    # In summer Chicago is an hour nearer to UTC.
    assert chicago.holds(datetime(2031, 7, 15, 3, tzinfo=UTC))
    assert not chicago.holds(datetime(2031, 7, 15, 12, tzinfo=UTC))
    noon = Quiet(time(12), time(13), UTC)
    assert noon.holds(datetime(2031, 1, 1, 12, 59, tzinfo=UTC))
    assert not noon.holds(datetime(2031, 1, 1, 13, tzinfo=UTC))


def test_an_urgency_that_nobody_knows_climbs_the_routine_ladder() -> None:
    routine = Rung(timedelta(), "duty", "email", frozenset({"routine"}))
    urgent = Rung(timedelta(), "duty", "sms", frozenset({"urgent", "emergency"}))
    ladder = Ladder((routine, urgent))
    assert ladder.of("answer-wanted", "unspecified") == (routine,)
    assert ladder.of("answer-wanted", "emergency") == (urgent,)


def _step(kind: str, what: str = "") -> ReferralStep:
    return ReferralStep(event_id="e", kind=kind, what=what, programme="p", at=START)


@pytest.mark.parametrize(
    ("fields", "kinds"),
    [
        ({"state": "received"}, {"answer-wanted"}),
        ({"state": "requested"}, {"answer-wanted"}),
        ({"state": "accepted"}, set()),
        ({"state": "received", "standing": "withdrawn", "purge": "asked"}, {"purge-wanted"}),
        ({"state": "cancelled", "purge": "asked"}, {"purge-wanted"}),
        ({"state": "cancelled", "purge": "purged"}, set()),
        ({"state": "in_progress", "steps": (_step("DocumentSent"),)}, {"answer-wanted"}),
        ({"state": "in_progress", "steps": (_step("DocumentSent"), _step("DocumentAnswered"))}, set()),
        ({"state": "completed", "steps": (_step("DocumentSent"),)}, set()),
        ({"direction": "sent", "state": "received"}, set()),
        ({"direction": "sent", "state": "received", "overdue": ("unanswered",)}, {"unanswered"}),
        ({"direction": "sent", "state": "rejected"}, {"declined"}),
        (
            {"direction": "sent", "state": "accepted", "steps": (_step("ReferralOffered"),)},
            {"accepted"},
        ),
        (
            {
                "direction": "sent",
                "state": "accepted",
                "steps": (_step("ReferralOffered"), _step("ReferralDisclosed")),
            },
            set(),
        ),
        ({"direction": "sent", "state": "completed", "overdue": ("unanswered",)}, set()),
        (
            {"direction": "sent", "state": "cancelled", "purge": "asked", "overdue": ("purge-overdue",)},
            {"unanswered"},
        ),
        (
            {"direction": "sent", "state": "completed", "purge": "purged", "overdue": ("purge-overdue",)},
            set(),
        ),
        (
            {"state": "completed", "refusals": (Refusal(event_id="e", code="wrong-state", at=START),)},
            {"refused"},
        ),
    ],
)
def test_what_waits_follows_from_how_the_referral_stands(fields: dict[str, object], kinds: set[str]) -> None:
    assert rules.kinds_waiting(a_view("one", **fields)) == kinds


def test_only_the_events_that_bring_something_begin_it() -> None:
    view = a_view("one")
    assert rules.opens("ReferralOffered", view) == {"answer-wanted"}
    assert rules.opens("TipReported", view) == {"answer-wanted"}
    assert rules.opens("ServiceStatusChanged", view) == frozenset()
