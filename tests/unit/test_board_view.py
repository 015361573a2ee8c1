"""What the board shows: words for codes, ages, links; and no word that hurts."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import get_args

import pytest

from referral_exchange.events.routing import ReferralState, Urgency
from referral_exchange.tracing import TraceSearch
from status_board import view
from status_board.rules import Entry, Step, fhir

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
REFERRAL = "3f0c1c1e-3b1f-4b8f-9a57-0a5f7f1f2f3a"
LABELS = view.read_labels()
NO_TRACES = TraceSearch.of("")
OFFERED = Entry(
    referral_id=REFERRAL,
    programme_from="lantern-case-management",
    programme_to="harbor-shelter",
    state="requested",
    sub_state=None,
    urgency="urgent",
    since=NOON,
    due_at=NOON + timedelta(hours=1),
    clock="answer",
    elapsed=False,
    closed_at=None,
    steps=(Step("e1", "ReferralOffered", "requested", None, NOON, None),),
)


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=-3), "0 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(minutes=5, seconds=59), "5 min"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=2, minutes=5), "2 h 5 min"),
        (timedelta(hours=24), "1 day"),
        (timedelta(days=3, hours=4, minutes=59), "3 days 4 h"),
    ],
)
def test_an_age_is_told_in_its_two_largest_units(age: timedelta, words: str) -> None:
    assert view.in_words(age) == words


def test_a_row_of_the_json_has_what_the_agreement_names() -> None:
    row = view.as_json(OFFERED, NOON + timedelta(seconds=90), TraceSearch.of("http://127.0.0.1:9411/zipkin"))
    assert row == {
        "referral_id": REFERRAL,
        "programme_from": "lantern-case-management",
        "programme_to": "harbor-shelter",
        "state": "requested",
        "sub_state": None,
        "urgency": "urgent",
        "since": "2026-03-02T12:00:00Z",
        "age_s": 90,
        "waiting": True,
        "waiting_reason": "not-yet-received",
        "due_at": "2026-03-02T13:00:00Z",
        "closed_at": None,
        "trace_url": row["trace_url"],
    }
    assert f"annotationQuery=referral.id%3D{REFERRAL}" in row["trace_url"]


def test_states_and_sub_states_are_shown_in_fhirs_form() -> None:
    busy = replace(OFFERED, state="in_progress", sub_state="event_completed")
    row = view.with_steps(busy, NOON, NO_TRACES)
    assert (row["state"], row["sub_state"], row["steps"][0]["step"]) == (
        "in-progress",
        "event-completed",
        "ReferralOffered",
    )


def test_a_line_without_a_trace_page_links_nowhere() -> None:
    assert view.as_line(OFFERED, NOON, LABELS, NO_TRACES)["trace_url"] is None


def test_a_line_says_when_it_is_due() -> None:
    assert view.as_line(OFFERED, NOON, LABELS, NO_TRACES)["due"] == "in 1 h"
    late = view.as_line(OFFERED, NOON + timedelta(minutes=95), LABELS, NO_TRACES)
    assert (late["due"], late["reason"]) == ("35 min ago", "Overdue")


def test_a_line_tells_the_latest_steps_and_how_many_came_before() -> None:
    steps = tuple(Step(str(n), "ServiceStatusChanged", "received", None, NOON, None) for n in range(13))
    line = view.as_line(replace(OFFERED, steps=steps), NOON, LABELS, NO_TRACES)
    assert (len(line["steps"]), line["earlier"]) == (view.STEPS_ON_A_LINE, 3)


def test_every_code_of_the_contract_has_a_word() -> None:
    states = {fhir(code) for code in get_args(ReferralState)} - {"unspecified"}
    assert states <= set(LABELS["states"])
    assert set(get_args(Urgency)) <= set(LABELS["urgency"])


def test_a_code_that_is_new_is_not_shown_as_it_is() -> None:
    odd = replace(OFFERED, state="odd_code", urgency="odd_code", sub_state="odd_code")
    line = view.as_line(odd, NOON, LABELS, NO_TRACES)
    assert "odd" not in str({**line, "trace_url": None})


def test_no_word_on_the_page_hurts() -> None:
    shown = " ".join(word for group in LABELS.values() for word in group.values())
    page = files("status_board").joinpath("templates/board.html").read_text(encoding="utf-8")
    hurting = r"victim|illegal|\balien|rescue|failed|rejected|refused|no-show|non-compliant|prostitut"
    assert re.findall(hurting, (shown + page).lower()) == []


def test_views_and_states_are_counted() -> None:
    ended = replace(OFFERED, state="completed", closed_at=NOON)
    counted = view.counts([OFFERED, OFFERED, ended], NOON)
    assert {name: counted[name] for name in view.VIEWS} == {"waiting": 2, "open": 2, "closed": 1, "all": 3}
    assert counted["completed"] == 1
