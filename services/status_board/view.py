"""What the pages and the JSON show of a row: words, ages, links."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from referral_exchange.tracing import TraceSearch
from status_board import rules
from status_board.rules import Entry, Step, fhir
from status_board.words import in_words, sentence, word, words

VIEWS = ("waiting", "open", "closed", "all")
"""What may be asked for beside a state."""


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
            "trace_url": traces.trace(step.trace_id),
        }
        for step in entry.steps
    ]
    return {**as_json(entry, now, traces), "steps": steps}


def as_line(entry: Entry, now: datetime, traces: TraceSearch) -> dict[str, Any]:
    """A line of the page, in words."""
    reason = rules.waits(entry, now)
    sub_states = words()["sub_states"]
    return {
        "id": entry.referral_id,
        "short": entry.referral_id[:8],
        "from": entry.programme_from,
        "to": entry.programme_to,
        "state": word("states", fhir(entry.state)),
        "sub_state": sub_states.get(fhir(entry.sub_state)) if entry.sub_state else None,
        "urgency": word("urgencies", entry.urgency, "unspecified"),
        "urgency_code": entry.urgency if entry.urgency in words()["urgencies"] else "unspecified",
        "since": stamp(entry.since),
        "age": in_words(now - entry.since),
        "due_at": stamp(entry.due_at) if entry.closed_at is None else None,
        "due": due(entry.due_at, now) if entry.due_at and entry.closed_at is None else None,
        "reason": word("reasons", reason) if reason else None,
        "ended": rules.has_ended(entry),
        "trace_url": traces.url(entry.referral_id, now) if traces.template else None,
    }


def steps_of(entry: Entry, traces: TraceSearch) -> list[dict[str, Any]]:
    """The steps of one referral in words, oldest first, each with its trace and the time since the last."""
    times = [None, *(step.at for step in entry.steps)]
    return [_step(step, before, traces) for step, before in zip(entry.steps, times, strict=False)]


def counts(entries: Iterable[Entry], now: datetime) -> Counter[str]:
    """How many each view and each state has."""
    counted: Counter[str] = Counter()
    for entry in entries:
        counted.update(view for view in VIEWS if rules.shown(entry, view, now))
        counted[fhir(entry.state)] += 1
    return counted


def due(at: datetime, now: datetime) -> str:
    """When something is due, seen from `now`."""
    left = at - now
    code, span = ("in", left) if left > timedelta(0) else ("ago", -left)
    return sentence("due", code, span=in_words(span))


def stamp(time: datetime | None) -> str | None:
    """A time in UTC to the second, ISO 8601."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time else None


def _step(step: Step, before: datetime | None, traces: TraceSearch) -> dict[str, Any]:
    sub_states = words()["sub_states"]
    return {
        "at": stamp(step.at),
        "after": in_words(step.at - before) if before else None,
        "what": word("steps", step.step),
        "state": word("states", fhir(step.state)),
        "sub_state": sub_states.get(fhir(step.sub_state)) if step.sub_state else None,
        "trace_url": traces.trace(step.trace_id) or None,
        "trace_id": step.trace_id,
    }
