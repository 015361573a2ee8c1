"""What the console shows of a row: words for codes, ages, links."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from referral_exchange.events.directory import Capacity
from referral_exchange.events.routing import ReferralState, Standing, Urgency
from referral_exchange.oversight.quarantine_classes import MEANINGS
from referral_exchange.pages.language import LANGUAGES, speaking
from referral_exchange.tracing import TraceSearch
from referral_exchange.vocabulary import as_shown
from referral_router.clocks import PURGE_OVERDUE, UNANSWERED_URGENT
from status_board import causes, matters, rules, view
from status_board.class_remedies import REMEDIES
from status_board.rules import Entry, Step, fhir
from status_board.searching import AGES
from status_board.words import in_words, words
from status_board.world import SchemaStanding, Status

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
REFERRAL = "3f0c1c1e-3b1f-4b8f-9a57-0a5f7f1f2f3a"
TRACE = "0af7651916cd43dd8448eb211c80319c"
NO_TRACES = TraceSearch.of("")
ZIPKIN = TraceSearch.of("http://127.0.0.1:9411/zipkin")
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
    steps=(Step("e1", "ReferralOffered", "requested", None, NOON, TRACE),),
)


@pytest.mark.parametrize(
    ("age", "said"),
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
def test_an_age_is_told_in_its_two_largest_units(age: timedelta, said: str) -> None:
    assert in_words(age) == said


def test_a_row_of_the_json_has_what_the_agreement_names() -> None:
    row = view.as_json(OFFERED, NOON + timedelta(seconds=90), ZIPKIN)
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
    assert view.as_line(OFFERED, NOON, NO_TRACES)["trace_url"] is None
    assert view.steps_of(OFFERED, NO_TRACES)[0]["trace_url"] is None


def test_each_step_has_its_own_trace_and_the_time_since_the_last() -> None:
    later = Step(
        "e2", "ServiceStatusChanged.v1", "received", None, NOON + timedelta(seconds=95), "no trace id"
    )
    first, second = view.steps_of(replace(OFFERED, steps=(*OFFERED.steps, later)), ZIPKIN)
    assert first["trace_url"] == f"http://127.0.0.1:9411/zipkin/traces/{TRACE}"
    assert (first["after"], second["after"], second["trace_url"]) == (None, "1 min", None)


def test_a_line_says_when_it_is_due() -> None:
    assert view.as_line(OFFERED, NOON, NO_TRACES)["due"] == "in 1 h"
    late = view.as_line(OFFERED, NOON + timedelta(minutes=95), NO_TRACES)
    assert (late["due"], late["reason"]) == ("35 min ago", "Overdue")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_word(language: str) -> None:
    with speaking(language):
        said = words()
    codes = {
        "states": {fhir(code) for code in get_args(ReferralState)} - {"unspecified"},
        "urgencies": set(get_args(Urgency)),
        "reasons": set(get_args(rules.Reason)),
        "causes": set(get_args(causes.Cause)),
        "remedies": set(get_args(causes.Cause)),
        "matter_titles": set(get_args(matters.Kind)),
        "matter_causes": set(get_args(matters.Kind)),
        "matter_remedies": set(get_args(matters.Kind)),
        "stuck_titles": {f"{r}{end}" for r in get_args(rules.Reason) for end in ("", "-one")},
        "statuses": set(get_args(Status)),
        "standings": set(get_args(Standing)) - {"unspecified"},
        "schema_standings": set(get_args(SchemaStanding)),
        "capacities": {as_shown(code) for code in get_args(Capacity)} - {"unspecified"},
        "clocks": {UNANSWERED_URGENT, PURGE_OVERDUE},
        "class_means": set(MEANINGS),
        "class_remedies": set(REMEDIES.values()),
        "views": set(view.VIEWS),
        "ages": set(AGES),
    }
    assert {name: own - set(said[name]) for name, own in codes.items() if own - set(said[name])} == {}


def test_every_class_of_the_quarantine_says_what_to_do() -> None:
    assert set(REMEDIES) == set(MEANINGS)


def test_a_code_that_is_new_is_not_shown_as_it_is() -> None:
    odd = replace(OFFERED, state="odd_code", urgency="odd_code", sub_state="odd_code")
    line = view.as_line(odd, NOON, NO_TRACES)
    assert "odd" not in str({**line, "trace_url": None})


def test_views_and_states_are_counted() -> None:
    ended = replace(OFFERED, state="completed", closed_at=NOON)
    counted = view.counts([OFFERED, OFFERED, ended], NOON)
    assert {name: counted[name] for name in view.VIEWS} == {"waiting": 2, "open": 2, "closed": 1, "all": 3}
    assert counted["completed"] == 1
