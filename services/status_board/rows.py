"""Rows of the table as JSON values, which is how Faust keeps them in its changelog. Pure."""

from datetime import datetime
from typing import Any

from status_board.rules import Entry, Step

Row = dict[str, Any]
"""An `Entry` in JSON's types; times in ISO 8601 with their offset."""


def to_row(entry: Entry) -> Row:
    """The row of `entry`."""
    return {
        "referral_id": entry.referral_id,
        "programme_from": entry.programme_from,
        "programme_to": entry.programme_to,
        "state": entry.state,
        "sub_state": entry.sub_state,
        "urgency": entry.urgency,
        "since": entry.since.isoformat(),
        "due_at": _text(entry.due_at),
        "clock": entry.clock,
        "elapsed": entry.elapsed,
        "closed_at": _text(entry.closed_at),
        "steps": [_step_to_row(step) for step in entry.steps],
    }


def from_row(row: Row) -> Entry:
    """The entry in `row`."""
    times = {
        "since": _time(row["since"]),
        "due_at": _time(row["due_at"]),
        "closed_at": _time(row["closed_at"]),
    }
    steps = tuple(Step(**{**step, "at": _time(step["at"])}) for step in row["steps"])
    return Entry(**{**row, **times, "steps": steps})


def _step_to_row(step: Step) -> Row:
    return {
        "event_id": step.event_id,
        "step": step.step,
        "state": step.state,
        "sub_state": step.sub_state,
        "at": step.at.isoformat(),
        "trace_id": step.trace_id,
    }


def _text(time: datetime | None) -> str | None:
    return time.isoformat() if time else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
