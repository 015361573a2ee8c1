"""What may be done next, what waits, and how long a consent may last."""

from dataclasses import replace
from datetime import timedelta

import pytest
from bridge_kit import NOW, STATES, a_view, received
from hypothesis import given
from hypothesis import strategies as some

from ngo_bridge import rules
from participant_edge.views import ReferralView
from referral_exchange.vocabulary import on_the_wire

views = some.builds(
    lambda sent, state, standing, purge, urgency, overdue: replace(
        a_view() if sent else received(),
        state=on_the_wire(state),
        standing=standing,
        purge=purge,
        urgency=urgency,
        overdue=overdue,
    ),
    some.booleans(),
    some.sampled_from(sorted(STATES)),
    some.sampled_from(["live", "withdrawing", "withdrawn", "expired"]),
    some.sampled_from([None, "asked", "purged", "legal_hold"]),
    some.sampled_from(["emergency", "urgent", "routine", "unspecified"]),
    some.sampled_from([(), ("answer",)]),
)


@given(view=views)
def test_nothing_opens_and_nothing_goes_out_once_the_consent_has_ended(view: ReferralView) -> None:
    if view.standing != "live":
        assert rules.actions(view) <= {"answer-purge"}


@given(view=views)
def test_each_side_is_offered_its_own_acts_only(view: ReferralView) -> None:
    senders, recipients = {"disclose", "withdraw", "cancel"}, {"answer", "report-status", "answer-purge"}
    assert not rules.actions(view) & (recipients if view.direction == "sent" else senders)


@given(view=views, disclosed=some.booleans())
def test_whoever_must_answer_finds_it_under_waits_for_you(view: ReferralView, disclosed: bool) -> None:
    if "answer" in rules.actions(view) or (view.direction == "received" and view.purge == "asked"):
        assert rules.lane(view, disclosed, NOW) == "needs-you"


@given(view=views, disclosed=some.booleans())
def test_nothing_that_can_still_move_is_shown_as_ended(view: ReferralView, disclosed: bool) -> None:
    if view.state in rules.OPEN and view.standing == "live":
        assert rules.lane(view, disclosed, NOW) != "closed"


@pytest.mark.parametrize("state", ["rejected", "failed"])
def test_a_no_stays_before_the_senders_eyes_for_a_day(state: str) -> None:
    fresh = a_view(state=state, standing="withdrawn", purge="asked", updated_at=NOW - timedelta(hours=23))
    old = replace(fresh, updated_at=NOW - timedelta(hours=25))
    assert rules.lane(fresh, False, NOW) == "needs-you"
    assert rules.lane(old, False, NOW) == "waits-for-others"
    assert rules.lane(replace(old, purge="purged"), False, NOW) == "closed"
    assert rules.lane(received(state=state, updated_at=NOW), False, NOW) == "closed"


def test_an_offer_waits_since_it_was_made() -> None:
    made = NOW - timedelta(hours=3)
    view = a_view(updated_at=NOW)
    view = replace(view, steps=(replace(view.steps[0], at=made),))
    assert rules.waits_since(view) == made
    assert rules.waits_since(replace(view, state="accepted")) == NOW
    assert rules.waits_since(replace(view, updated_at=made - timedelta(hours=1))) < made
    assert rules.waits_since(replace(view, steps=())) == NOW


@given(view=views, disclosed=some.booleans())
def test_what_ran_late_is_the_senders_to_see_first(view: ReferralView, disclosed: bool) -> None:
    late = view.overdue and view.direction == "sent" and view.purge != "asked"
    if late and view.standing == "live" and view.state in rules.OPEN:
        assert rules.lane(view, disclosed, NOW) == "needs-you"


@pytest.mark.parametrize(
    ("view", "disclosed", "step"),
    [
        (a_view(state="consented"), False, "not_sent"),
        (a_view(state="accepted"), False, "hand_over"),
        (a_view(state="accepted"), True, ""),
        (a_view(state="rejected", standing="withdrawn"), False, "ask_other"),
        (a_view(state="accepted", standing="withdrawn"), False, ""),
        (received(state="accepted"), True, "say_status"),
        (received(state="accepted"), False, ""),
        (received(state="cancelled", standing="withdrawn", purge="asked"), False, "delete"),
        (received(), False, ""),
    ],
)
def test_there_is_one_next_step(view: ReferralView, disclosed: bool, step: str) -> None:
    assert rules.next_step(view, disclosed) == step


def test_the_most_urgent_stands_first_then_the_longest_waiting() -> None:
    old, new = NOW - timedelta(hours=5), NOW
    rows = [
        a_view("routine", urgency="routine", updated_at=old),
        a_view("urgent new", urgency="urgent", updated_at=new),
        a_view("urgent old", urgency="urgent", updated_at=old),
        a_view("emergency", urgency="emergency", updated_at=new),
        a_view("of tomorrow", urgency="unheard-of", updated_at=old),
    ]
    ordered = sorted(rows, key=rules.first_come)
    assert [row.urgency for row in ordered] == ["emergency", "urgent", "urgent", "routine", "unheard-of"]
    assert ordered[1].updated_at == old


@pytest.mark.parametrize(
    ("span", "count", "unit"),
    [
        (timedelta(seconds=-5), 0, "minute"),
        (timedelta(seconds=59), 0, "minute"),
        (timedelta(minutes=1), 1, "minute"),
        (timedelta(minutes=59, seconds=59), 59, "minute"),
        (timedelta(hours=1), 1, "hour"),
        (timedelta(hours=47), 47, "hour"),
        (timedelta(hours=48), 2, "day"),
    ],
)
def test_waiting_is_told_in_the_largest_unit(span: timedelta, count: int, unit: str) -> None:
    assert rules.waited(NOW - span, NOW) == rules.Waited(count, unit)  # type: ignore[arg-type]


def test_a_consent_ends_within_a_year_of_its_signature() -> None:
    assert rules.date_fault(NOW, NOW, NOW + timedelta(days=366)) is None
    assert rules.date_fault(NOW, NOW, NOW + timedelta(days=366, seconds=1)) == "ends-too-late"
    assert rules.date_fault(NOW, NOW, NOW) == "ends-before-signed"
    assert (
        rules.date_fault(NOW + timedelta(seconds=1), NOW, NOW + timedelta(days=1))
        == "signed-before-explained"
    )
    assert rules.CONSENT_DAYS[0] == rules.USUAL_CONSENT.days == 30
    assert max(rules.CONSENT_DAYS) <= 365


def test_a_deletion_that_nobody_confirms_in_time_is_the_senders_to_see_until_it_is() -> None:
    view = a_view(state="cancelled", standing="withdrawn", purge="asked", updated_at=NOW)
    assert rules.lane(view, True, NOW) == "waits-for-others"
    late = replace(view, overdue=("purge-overdue",))
    assert rules.lane(late, True, NOW) == "needs-you"
    assert rules.lane(replace(late, purge="legal_hold"), True, NOW) == "closed"
    assert (late.late, replace(late, purge="purged").late) == (("purge-overdue",), ())
