"""What the page and the JSON show of a row: words, ages, links. Pure."""

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

from referral_exchange.tracing import TraceSearch
from status_board import rules
from status_board.rules import Entry, fhir

VIEWS = ("waiting", "open", "closed", "all")
"""What may be asked for beside a state."""

STEPS_ON_A_LINE = 10
"""Steps that a line of the page tells, the latest ones; the JSON has all."""

Labels = Mapping[str, Mapping[str, str]]
"""Words by code, by group: `states`, `steps`, ..."""


def read_labels(language: str = "en") -> Labels:
    """The words of `language`."""
    text = files("status_board").joinpath(f"labels/{language}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def as_json(entry: Entry, now: datetime, traces: TraceSearch) -> dict[str, Any]:
    """A row of `GET /v1/referrals`. Times in UTC, ages in whole seconds, states in FHIR's form."""
    reason = rules.waits(entry, now)
    return {
        "referral_id": entry.referral_id,
        "programme_from": entry.programme_from,
        "programme_to": entry.programme_to,
        "state": fhir(entry.state),
        "sub_state": fhir(entry.sub_state) if entry.sub_state else None,
        "urgency": entry.urgency,
        "since": stamp(entry.since),
        "age_s": max(0, int((now - entry.since).total_seconds())),
        "waiting": reason is not None,
        "waiting_reason": reason,
        "due_at": stamp(entry.due_at),
        "closed_at": stamp(entry.closed_at),
        "trace_url": traces.url(entry.referral_id, now),
    }


def with_steps(entry: Entry, now: datetime, traces: TraceSearch) -> dict[str, Any]:
    """`GET /v1/referrals/{id}`: the row and its steps, oldest first."""
    steps = [
        {
            "event_id": step.event_id,
            "step": step.step,
            "state": fhir(step.state),
            "sub_state": fhir(step.sub_state) if step.sub_state else None,
            "at": stamp(step.at),
            "trace_id": step.trace_id,
        }
        for step in entry.steps
    ]
    return {**as_json(entry, now, traces), "steps": steps}


def as_line(entry: Entry, now: datetime, labels: Labels, traces: TraceSearch) -> dict[str, Any]:
    """A line of the page, in words."""
    reason = rules.waits(entry, now)
    return {
        "id": entry.referral_id,
        "short": entry.referral_id[:8],
        "from": entry.programme_from,
        "to": entry.programme_to,
        "state": _word(labels, "states", fhir(entry.state)),
        "sub_state": labels["sub_states"].get(fhir(entry.sub_state)) if entry.sub_state else None,
        "urgency": _word(labels, "urgency", entry.urgency, "unspecified"),
        "urgency_code": entry.urgency if entry.urgency in labels["urgency"] else "unspecified",
        "since": stamp(entry.since),
        "age": in_words(now - entry.since),
        "due_at": stamp(entry.due_at) if entry.closed_at is None else None,
        "due": _due(entry, now),
        "reason": labels["reasons"][reason] if reason else None,
        "ended": rules.has_ended(entry),
        "trace_url": traces.url(entry.referral_id, now) if traces.template else None,
        "steps": [
            {
                "at": stamp(s.at),
                "what": _word(labels, "steps", s.step),
                "state": _word(labels, "states", fhir(s.state)),
            }
            for s in entry.steps[-STEPS_ON_A_LINE:]
        ],
        "earlier": max(0, len(entry.steps) - STEPS_ON_A_LINE),
    }


def counts(entries: Iterable[Entry], now: datetime) -> Counter[str]:
    """How many each view and each state has."""
    counted: Counter[str] = Counter()
    for entry in entries:
        counted.update(view for view in VIEWS if rules.shown(entry, view, now))
        counted[fhir(entry.state)] += 1
    return counted


def in_words(age: timedelta) -> str:
    """An age in its two largest units: `40 s`, `5 min`, `2 h 5 min`, `3 days 4 h`."""
    seconds = max(0, int(age.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    named = f"{days} day" if days == 1 else f"{days} days"
    return f"{named} {hours} h" if hours else named


def stamp(time: datetime | None) -> str | None:
    """A time in UTC to the second, ISO 8601."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time else None


def _due(entry: Entry, now: datetime) -> str | None:
    if entry.due_at is None or entry.closed_at is not None:
        return None
    left = entry.due_at - now
    return f"in {in_words(left)}" if left > timedelta(0) else f"{in_words(-left)} ago"


def _word(labels: Labels, group: str, code: str, otherwise: str = "other") -> str:
    """The word for `code`; a code this board does not know is never shown."""
    return labels[group].get(code) or labels[group][otherwise]
