"""What the board knows of a referral, how a step changes it, and when it waits. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from referral_exchange.events import ReferralProgressed

MOST_STEPS = 50
"""Steps kept of one referral; older ones go, as the router keeps the whole history."""

_ENDED = frozenset({"rejected", "cancelled", "completed", "failed", "entered_in_error"})

_PURGE = "purge-overdue"
"""The router's clock of a withdrawal; it also runs in what has ended."""

Reason = Literal["clock-elapsed", "purge-overdue", "not-yet-received"]
"""Why a referral waits."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step as the router told it. `step` is the record that caused it."""

    event_id: str
    step: str
    state: str
    sub_state: str | None
    at: datetime
    trace_id: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the table. `since`: when it came into its present state; `elapsed`: its clock ran out."""

    referral_id: str
    programme_from: str
    programme_to: str
    state: str
    sub_state: str | None
    urgency: str
    since: datetime
    due_at: datetime | None
    clock: str | None
    elapsed: bool
    closed_at: datetime | None
    steps: tuple[Step, ...]


def take(entry: Entry | None, event: ReferralProgressed) -> Entry:
    """The row after `event`. The same event again changes nothing: the router repeats, we drop doubles."""
    if entry is None:
        return _changed(_blank(event), event)
    if any(step.event_id == event.event_id for step in entry.steps):
        return entry
    return _changed(entry, event)


def has_ended(entry: Entry) -> bool:
    """Whether nothing is awaited any more."""
    return entry.closed_at is not None


def awaits_purge(entry: Entry) -> bool:
    """Whether it was withdrawn and its recipient has not yet said *purged* or *legal hold*."""
    return entry.closed_at is None and entry.sub_state == "cancel_requested"


def waits(entry: Entry, now: datetime) -> Reason | None:
    """Why somebody should look at it: its clock ran out, or its recipient has not received it.

    Where it has ended, or a purge is awaited, the clock that ran out is that of the purge.
    """
    if entry.elapsed and (has_ended(entry) or awaits_purge(entry)):
        return "purge-overdue"
    if has_ended(entry):
        return None
    if entry.elapsed or (entry.due_at is not None and entry.due_at <= now):
        return "clock-elapsed"
    return "not-yet-received" if entry.state == "requested" else None


def stuck(entry: Entry, now: datetime, within: timedelta) -> Reason | None:
    """Why it is stuck: it waits, and not only for a receipt that may still be on its way for `within`."""
    reason = waits(entry, now)
    on_its_way = reason == "not-yet-received" and now - entry.since < within
    return None if on_its_way else reason


def leaves(entry: Entry, now: datetime, keep: timedelta) -> bool:
    """Whether it ended longer than `keep` ago and goes from the table; not while a purge is awaited."""
    if entry.clock == _PURGE or entry.elapsed:
        return False
    return entry.closed_at is not None and entry.closed_at + keep <= now


def in_order(entries: Iterable[Entry], now: datetime) -> list[Entry]:
    """The waiting ones first, the most urgent among them first, then the one that waits longest."""
    return sorted(entries, key=lambda entry: _place(entry, now))


def shown(entry: Entry, show: str, now: datetime) -> bool:
    """Whether the view `show` has it: open, waiting, closed, all, or a state in FHIR's hyphen form."""
    match show:
        case "all":
            return True
        case "open":
            return not has_ended(entry)
        case "closed":
            return has_ended(entry)
        case "waiting":
            return waits(entry, now) is not None
        case _:
            return fhir(entry.state) == show


def fhir(code: str) -> str:
    """A code of the wire in FHIR's form: `in_progress` is `in-progress`."""
    return code.replace("_", "-")


_URGENCY = {"emergency": 0, "urgent": 1, "routine": 2}
_REASON = {"clock-elapsed": 0, "purge-overdue": 1, "not-yet-received": 2, None: 3}


def _place(entry: Entry, now: datetime) -> tuple[bool, int, int, datetime, str]:
    reason = waits(entry, now)
    over = has_ended(entry) and reason is None
    return over, _REASON[reason], _URGENCY.get(entry.urgency, 3), entry.since, entry.referral_id


def _blank(event: ReferralProgressed) -> Entry:
    return Entry(
        referral_id=event.referral_id,
        programme_from=event.programme_from,
        programme_to=event.programme_to,
        state="",
        sub_state=None,
        urgency=event.urgency,
        since=event.occurred_at,
        due_at=None,
        clock=None,
        elapsed=False,
        closed_at=None,
        steps=(),
    )


def _changed(entry: Entry, event: ReferralProgressed) -> Entry:
    stays = (entry.state, entry.sub_state) == (event.state, event.sub_state)
    ended = _ends(event)
    return replace(
        entry,
        programme_from=event.programme_from,
        programme_to=event.programme_to,
        state=event.state,
        sub_state=event.sub_state,
        urgency=event.urgency,
        since=entry.since if stays else event.occurred_at,
        due_at=event.due_at,
        clock=event.clock,
        elapsed=_record(event.step) == "ClockElapsed" or (stays and entry.elapsed and not _answers(event)),
        closed_at=(entry.closed_at or event.occurred_at) if ended else None,
        steps=(*entry.steps, _step(event))[-MOST_STEPS:],
    )


def _answers(event: ReferralProgressed) -> bool:
    """Whether a purge was answered: then its clock is of no account any more, also where the state stays."""
    return _record(event.step) == "PurgeAnswered"


def _ends(event: ReferralProgressed) -> bool:
    """An end, save that a withdrawal stays open until the recipient answers it; an expiry asks no answer."""
    asked = event.sub_state == "cancel_requested" and _record(event.step) != "ConsentExpired"
    return event.state in _ENDED and not asked


def _step(event: ReferralProgressed) -> Step:
    return Step(
        event_id=event.event_id,
        step=_record(event.step),
        state=event.state,
        sub_state=event.sub_state,
        at=event.occurred_at,
        trace_id=event.trace_id,
    )


def _record(step: str) -> str:
    """The record's name where the version stands behind it."""
    return step.partition(".")[0]
