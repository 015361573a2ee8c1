"""Small counts are hidden, and what is hidden cannot be worked out from what is shown and a total."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from policy_kit import POLICY, RECIPIENT, UNCOVERED

from participant_edge.legal_facts import counted
from referral_exchange.events import CountsReported
from referral_exchange.events.reports import CountCell
from referral_exchange.policy import Decision, Question
from referral_exchange.small_numbers import SMALLEST, suppressed

NOW = datetime(2026, 3, 2, tzinfo=UTC)
tables = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=3), st.integers(0, 60), max_size=12)


def judged(cells: dict[str, int | None]) -> Decision:
    report = CountsReported(
        event_id="00000000-0000-4000-8000-000000000001",
        occurred_at=NOW,
        programme_from=UNCOVERED.programme_id,
        programme_to="plan_office",
        measure="clients",
        period_from=NOW,
        period_to=NOW,
        cells=[CountCell(code=code, count=count) for code, count in cells.items()],
    )
    asked = Question(
        action="count",
        at=NOW,
        asker=UNCOVERED.programme_id,
        discloser=UNCOVERED,
        recipient=RECIPIENT,
        referral_id="",
        consent=None,
        counts=counted(report),
    )
    return POLICY.decide(asked)


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ({"a": 11, "b": 40}, {"a": 11, "b": 40}),
        ({"a": 10, "b": 12, "c": 40}, {"a": None, "b": None, "c": 40}),
        ({"a": 3, "b": 4, "c": 12, "d": 40}, {"a": None, "b": None, "c": None, "d": 40}),
        ({"a": 6, "b": 7, "c": 12}, {"a": None, "b": None, "c": 12}),
        ({"a": 0, "b": 12}, {"a": None, "b": None}),
        ({"a": 5}, {"a": None}),
        ({}, {}),
    ],
)
def test_a_table_is_hidden_so(counts: dict[str, int], shown: dict[str, int | None]) -> None:
    assert suppressed(counts) == shown


@settings(max_examples=100, deadline=None)
@given(tables)
def test_no_small_count_is_shown_and_none_can_be_subtracted(counts: dict[str, int]) -> None:
    cells = suppressed(counts)
    shown = [count for count in cells.values() if count is not None]
    hidden = [counts[code] for code, count in cells.items() if count is None]
    assert all(count >= SMALLEST for count in shown)
    assert not hidden or not shown or (len(hidden) > 1 and sum(hidden) >= SMALLEST)
    assert len(hidden) == 0 or min(hidden) < SMALLEST


@settings(max_examples=60, deadline=None)
@given(tables)
def test_what_was_hidden_so_may_be_published(counts: dict[str, int]) -> None:
    assert judged(suppressed(counts)).allowed


@settings(max_examples=60, deadline=None)
@given(tables.filter(lambda counts: any(count < SMALLEST for count in counts.values())))
def test_a_table_with_a_small_count_may_not(counts: dict[str, int]) -> None:
    assert not judged(dict(counts)).allowed
