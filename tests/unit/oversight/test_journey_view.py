"""A journey from records and steps; ids that are none; links that lead somewhere or nowhere."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from exchange_command import main as command
from exchange_command.oversight.journey import Links, as_json, gathered, read_id, with_times
from exchange_command.problem import Problem
from referral_exchange.events import ClockElapsed, ReferralProgressed, ReferralRecord

ID = "00000000-0000-4000-8000-000000000100"
NOW = datetime(2031, 5, 4, 22, 15, tzinfo=UTC)
TRACE = "0af7651916cd43dd8448eb211c80319c"


def a_step(number: int, **changes: Any) -> ReferralProgressed:
    step = ReferralProgressed(
        event_id=f"00000000-0000-4000-8000-{number:012d}",
        occurred_at=NOW + timedelta(minutes=number),
        referral_id=ID,
        programme_from="sample-outreach-casework",
        programme_to="sample-harbor-shelter",
        step="ReferralOffered.v1",
        step_event_id=f"00000000-0000-4000-8000-{number + 500:012d}",
        state="requested",
        urgency="urgent",
        trace_id=TRACE,
    )
    return replace(step, **changes)


def a_record(**changes: Any) -> ReferralRecord:
    record = ReferralRecord(
        referral_id=ID,
        programme_from="sample-outreach-casework",
        programme_to="sample-harbor-shelter",
        state="on_hold",
        urgency="urgent",
        consents=[],
        clocks=[],
        verdicts=[],
        updated_at=NOW,
    )
    return replace(record, **changes)


def test_a_step_told_twice_is_one_step() -> None:
    journey = gathered(ID, [a_step(1), a_step(2), a_step(1)])
    assert [step.event_id[-1] for step in journey.steps] == ["1", "2"]


def test_the_newest_record_counts_and_a_tombstone_forgets_it() -> None:
    first, second = a_record(state="requested"), a_record()
    assert gathered(ID, [first, second]).record is second
    assert gathered(ID, [first, None]).record is None


def test_other_events_of_the_referral_are_no_steps() -> None:
    other = ClockElapsed.__new__(ClockElapsed)
    assert gathered(ID, [other]).steps == ()


def test_times_between_steps() -> None:
    assert [after for _, after in with_times((a_step(1), a_step(3)))] == [None, 120.0]
    assert with_times(()) == []


def test_states_are_shown_in_fhirs_form() -> None:
    told = as_json(gathered(ID, [a_record(sub_state="cancel_requested")]), Links(""), NOW)
    assert (told["state"], told["sub_state"], told["steps"]) == ("on-hold", "cancel-requested", [])


def test_without_a_record_the_last_step_tells() -> None:
    told = as_json(gathered(ID, [a_step(1), a_step(2, state="in_progress")]), Links(""), NOW)
    assert (told["state"], told["consents"], told["clocks"]) == ("in-progress", [], [])


def test_links_to_zipkin_and_to_nowhere() -> None:
    zipkin = Links("http://127.0.0.1:21004/zipkin/")
    assert zipkin.of_step(a_step(1)) == f"http://127.0.0.1:21004/zipkin/traces/{TRACE}"
    assert zipkin.of_step(a_step(1, trace_id=None)) == ""
    assert ID in zipkin.of_all(ID, NOW)
    assert Links("").of_step(a_step(1)) == Links("").of_all(ID, NOW) == ""
    assert Links("http://traces.example/search?q={referral_id}").of_step(a_step(1)) == ""


def test_an_id_in_any_spelling_is_read() -> None:
    assert read_id(ID.upper()) == read_id(ID.replace("-", "")) == ID


@pytest.mark.parametrize("typed", ["", "Invented Person", ID[:-1], f"{ID}0", "../" + ID])
def test_what_is_no_id_is_refused_and_not_repeated(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Problem) as refused:
        read_id(typed)
    assert not typed or typed not in str(refused.value)
    assert command.main(["journey", typed]) == 1
    assert "no referral id" in capsys.readouterr().err
