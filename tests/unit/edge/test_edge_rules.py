"""Tables of the edge's rules: what a step does to a referral, and who may say what when."""

from dataclasses import replace

import pytest
from edge_kit import RECIPIENT, SENDER, TurnedClock
from hypothesis import given
from hypothesis import strategies as st

from participant_edge.rules import OPEN, Position, evolve, fold, why_not
from participant_edge.views import ReferralView, Step

NOW = TurnedClock().now()
TERMINAL = {"rejected", "cancelled", "completed", "failed", "entered_in_error"}


def step(kind: str, what: str = "", event_id: str = "e", refused: str | None = None) -> Step:
    return Step(event_id=event_id, kind=kind, what=what, programme="p", at=NOW, refused=refused)


def view(**changes: object) -> ReferralView:
    plain = ReferralView(
        referral_id="r",
        direction="sent",
        programme_from=SENDER,
        programme_to=RECIPIENT,
        consent_id="c",
        return_consent_id="b",
        state="consented",
        sub_state=None,
        urgency="routine",
        answer_by=None,
        standing="live",
        purge=None,
        overdue=(),
        updated_at=NOW,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "kind", "what", "then"),
    [
        ("consented", "ReferralOffered", "", "requested"),
        ("requested", "ServiceStatusChanged", "received", "received"),
        ("received", "ReferralAnswered", "accepted", "accepted"),
        ("requested", "ReferralAnswered", "accepted", "accepted"),
        ("received", "ReferralAnswered", "declined", "rejected"),
        ("accepted", "ServiceStatusChanged", "in_progress:scheduled", "in_progress"),
        ("in_progress", "ServiceStatusChanged", "on_hold", "on_hold"),
        ("on_hold", "ServiceStatusChanged", "completed", "completed"),
        ("in_progress", "ServiceStatusChanged", "failed", "failed"),
        ("received", "ReferralCancelled", "cancelled", "cancelled"),
        ("in_progress", "ReferralCancelled", "entered_in_error", "entered_in_error"),
        ("in_progress", "ConsentEnded", "withdrawn", "cancelled"),
        ("consented", "ConsentEnded", "withdrawn", "cancelled"),
        # What a state does not allow changes nothing.
        ("received", "ServiceStatusChanged", "in_progress", "received"),
        ("received", "ServiceStatusChanged", "completed", "received"),
        ("accepted", "ServiceStatusChanged", "received", "accepted"),
        ("accepted", "ReferralAnswered", "declined", "accepted"),
        ("completed", "ServiceStatusChanged", "in_progress", "completed"),
        ("completed", "ReferralCancelled", "cancelled", "completed"),
        ("completed", "ConsentEnded", "withdrawn", "completed"),
        ("rejected", "ReferralAnswered", "accepted", "rejected"),
        ("requested", "ReferralOffered", "", "requested"),
        ("requested", "ReferralDisclosed", "", "requested"),
    ],
)
def test_a_step_leads_on(state: str, kind: str, what: str, then: str) -> None:
    assert evolve(Position(state=state), step(kind, what)).state == then


@pytest.mark.parametrize(("ending", "purge"), [("withdrawn", "asked"), ("expired", None)])
def test_only_a_withdrawal_asks_for_a_purge(ending: str, purge: str | None) -> None:
    after = evolve(Position(state="in_progress"), step("ConsentEnded", ending))
    assert (after.sub_state, after.standing, after.purge) == ("cancel_requested", ending, purge)


def test_a_purge_confirms_the_cancellation() -> None:
    ended = evolve(Position(state="accepted"), step("ConsentEnded", "withdrawn"))
    held = evolve(ended, step("PurgeAnswered", "legal_hold"))
    assert (held.sub_state, held.purge) == ("cancel_confirmed", "legal_hold")
    assert evolve(held, step("PurgeAnswered", "purged")).purge == "purged"


def test_a_refused_step_does_not_count() -> None:
    steps = [
        step("ReferralOffered"),
        step("ReferralCancelled", "cancelled", refused="wrong-state"),
        step("ReferralAnswered", "accepted"),
    ]
    assert fold(steps).state == "accepted"


STEPS = st.builds(
    step,
    st.sampled_from(["ReferralOffered", "ReferralDisclosed", "SafeContactChanged", "ClockElapsed"]),
) | st.one_of(
    st.builds(step, st.just("ReferralAnswered"), st.sampled_from(["accepted", "declined"])),
    st.builds(step, st.just("ReferralCancelled"), st.sampled_from(["cancelled", "entered_in_error"])),
    st.builds(step, st.just("ConsentEnded"), st.sampled_from(["withdrawn", "expired"])),
    st.builds(step, st.just("PurgeAnswered"), st.sampled_from(["purged", "legal_hold"])),
    st.builds(
        step,
        st.just("ServiceStatusChanged"),
        st.sampled_from(
            ["received", "in_progress", "in_progress:scheduled", "on_hold", "completed", "failed"]
        ),
    ),
)


@given(st.lists(STEPS, max_size=15), STEPS)
def test_a_terminal_state_stays_whatever_comes(steps: list[Step], more: Step) -> None:
    before = fold(steps)
    if before.state in TERMINAL:
        assert fold([*steps, more]).state == before.state


@given(st.lists(STEPS, max_size=15))
def test_no_referral_goes_on_without_its_consent(steps: list[Step]) -> None:
    after = fold(steps)
    if after.standing != "live":
        assert after.state not in OPEN
    if after.purge is not None:
        assert any(s.kind in {"ConsentEnded", "PurgeAnswered"} for s in steps)


@pytest.mark.parametrize(
    ("changes", "kind", "what", "code"),
    [
        ({}, "ReferralOffered", "", None),
        ({"state": "requested"}, "ReferralOffered", "", "wrong-state"),
        ({"direction": "received"}, "ReferralOffered", "", "not-your-programme"),
        ({"standing": "withdrawing"}, "ReferralOffered", "", "consent-ended"),
        ({"state": "received"}, "ReferralDisclosed", "", "wrong-state"),
        ({"state": "accepted"}, "ReferralDisclosed", "", None),
        ({"state": "accepted", "standing": "withdrawn"}, "ReferralDisclosed", "", "consent-ended"),
        ({"direction": "received", "state": "received"}, "ReferralAnswered", "accepted", None),
        ({"direction": "received", "state": "accepted"}, "ReferralAnswered", "accepted", "wrong-state"),
        ({"state": "received"}, "ReferralAnswered", "accepted", "not-your-programme"),
        (
            {"direction": "received", "state": "received", "standing": "expired"},
            "ReferralAnswered",
            "accepted",
            "consent-ended",
        ),
        (
            {"direction": "received", "state": "received"},
            "ServiceStatusChanged",
            "in_progress",
            "wrong-state",
        ),
        ({"direction": "received", "state": "accepted"}, "ServiceStatusChanged", "in_progress", None),
        ({"direction": "received", "state": "requested"}, "ServiceStatusChanged", "received", None),
        ({"direction": "received", "state": "accepted"}, "ServiceStatusChanged", "received", "wrong-state"),
        ({"state": "in_progress", "standing": "withdrawing"}, "ReferralCancelled", "cancelled", None),
        ({"state": "completed"}, "ReferralCancelled", "cancelled", "wrong-state"),
        ({"state": "consented"}, "ReferralCancelled", "cancelled", "wrong-state"),
        ({"direction": "received", "standing": "withdrawn"}, "PurgeAnswered", "purged", "wrong-state"),
        (
            {"direction": "received", "standing": "withdrawn", "purge": "asked"},
            "PurgeAnswered",
            "purged",
            None,
        ),
        (
            {"direction": "received", "standing": "withdrawn", "purge": "purged"},
            "PurgeAnswered",
            "purged",
            "wrong-state",
        ),
    ],
)
def test_who_may_say_what_when(changes: dict[str, object], kind: str, what: str, code: str | None) -> None:
    assert why_not(view(**changes), kind, what) == code
