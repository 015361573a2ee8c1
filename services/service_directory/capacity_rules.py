"""Whether a report of capacity is taken, and how long it is believed. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from referral_exchange.directory import Directory
from referral_exchange.events.directory import Capacity, CapacityReported

SKEW = timedelta(minutes=5)
"""How far ahead a reporter's clock may be."""

LONGEST = timedelta(days=31)
"""How long a report may ask to be believed."""

Refusal = Literal[
    "unknown-programme",
    "not-your-programme",
    "unspecified",
    "contradiction",
    "future",
    "too-long",
    "older",
    "number",
    "stale",
]


@dataclass(frozen=True, slots=True)
class Believed:
    """What is shown of a programme's room. `capacity` None: nothing was said, or it is out of date."""

    capacity: Capacity | None
    report: CapacityReported | None


def refusal(report: CapacityReported, directory: Directory, now: datetime) -> Refusal | None:
    """Why `report` is not taken; None where it is."""
    listed = directory.programmes.get(report.programme_id)
    if listed is None:
        return "unknown-programme"
    if directory.participant_of(report.programme_from) != listed.participant_id:
        return "not-your-programme"
    if report.capacity == "unspecified":
        return "unspecified"
    return _number_refusal(report) or _time_refusal(
        report, directory.capacities.get(report.programme_id), now
    )


def believed(report: CapacityReported | None, now: datetime) -> Believed:
    """What may still be said at `now`: after `valid_until` a report is no more than a memory."""
    if report is None or report.capacity == "unspecified" or now > report.valid_until:
        return Believed(None, None)
    return Believed(report.capacity, report)


def _number_refusal(report: CapacityReported) -> Refusal | None:
    negative = any(number is not None and number < 0 for number in (report.room, report.household_size))
    full = report.capacity == "no_capacity" and bool(report.room)
    return "number" if negative else "contradiction" if full else None


def _time_refusal(report: CapacityReported, held: CapacityReported | None, now: datetime) -> Refusal | None:
    if report.as_of > report.valid_until:
        return "contradiction"
    if report.as_of > now + SKEW:
        return "future"
    if report.valid_until - report.as_of > LONGEST:
        return "too-long"
    if held is not None and report.as_of < held.as_of:
        return "older"
    return "stale" if now > report.valid_until else None
