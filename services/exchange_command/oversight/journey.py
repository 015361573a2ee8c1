"""One referral from its first step to its last, as the router told it."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from exchange_command.problem import Problem
from referral_exchange.events import Event, ReferralProgressed, ReferralRecord
from referral_exchange.oversight import reading
from referral_exchange.oversight.source import Source
from referral_exchange.oversight.words import iso
from referral_exchange.runtime.tail import Partition
from referral_exchange.topics import committed_topics, partition_of
from referral_exchange.tracing.search import TraceSearch
from referral_exchange.vocabulary import as_shown

_RECORDS = committed_topics()["referral-records"]
_PROGRESS = committed_topics()["referral-progress"]


@dataclass(frozen=True, slots=True)
class Journey:
    """`record` None: the router has forgotten it, or it is known by its steps only."""

    referral_id: str
    record: ReferralRecord | None
    steps: tuple[ReferralProgressed, ...]


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of the trace page. `page` empty: there is none."""

    page: str

    def of_step(self, step: ReferralProgressed) -> str:
        """The step's own trace; empty where it has none, or the page is no Zipkin."""
        return TraceSearch.of(self.page).trace(step.trace_id)

    def of_all(self, referral_id: str, now: datetime) -> str:
        """The search for every span of the referral."""
        return TraceSearch.of(self.page).url(referral_id, now)


def read_id(text: str) -> str:
    """`text` as a referral id. Raises Problem, which never repeats what was typed."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise Problem(
            "that is no referral id; copy the 36 letters, digits and dashes from the board or a bridge's page"
        ) from None


def find(source: Source, referral_id: str, *, quiet: bool) -> Journey:
    """The journey of `referral_id`. Raises Problem where nothing is known of it."""
    key = referral_id.encode()
    partitions = [
        Partition(topic.name, partition_of(referral_id, topic.partitions)) for topic in (_RECORDS, _PROGRESS)
    ]
    ours = (message for message in reading.all_of(source, partitions, quiet=quiet) if message.key == key)
    read = ((message, reading.event_in(source, message)) for message in ours)
    # What cannot be read says nothing; what has no value says that the record is forgotten.
    events = (event for message, event in read if event is not None or message.value is None)
    journey = gathered(referral_id, events)
    if journey.record is None and not journey.steps:
        raise Problem(
            "no referral of that id is known: check the id; a refused offer is no referral, and steps are "
            "kept for 90 days"
        )
    return journey


def gathered(referral_id: str, events: Iterable[Event | None]) -> Journey:
    """The newest record and every step once, in the order of the log. None is a tombstone: forgotten."""
    record: ReferralRecord | None = None
    steps: dict[str, ReferralProgressed] = {}
    for event in events:
        match event:
            case ReferralRecord() | None:
                record = event
            case ReferralProgressed():
                steps.setdefault(event.event_id, event)
            case _:
                continue
    return Journey(referral_id, record, tuple(steps.values()))


def as_json(journey: Journey, links: Links, now: datetime) -> dict[str, Any]:
    """The journey as one object; states in FHIR's form."""
    told: ReferralRecord | ReferralProgressed = journey.record or journey.steps[-1]
    record = journey.record
    return {
        "referral_id": journey.referral_id,
        "programme_from": told.programme_from,
        "programme_to": told.programme_to,
        "state": as_shown(told.state),
        "sub_state": told.sub_state and as_shown(told.sub_state),
        "urgency": told.urgency,
        "closed_at": iso(record.closed_at) if record else None,
        "consents": [
            {
                "consent_id": consent.consent_id,
                "programme_from": consent.programme_from,
                "programme_to": consent.programme_to,
                "standing": consent.standing,
                "ends_at": iso(consent.ends_at),
            }
            for consent in (record.consents if record else ())
        ],
        "clocks": [
            {"clock": clock.name, "due_at": iso(clock.due_at), "elapsed": clock.elapsed}
            for clock in (record.clocks if record else ())
        ],
        "steps": [_step(step, links, after) for step, after in with_times(journey.steps)],
        "traces": links.of_all(journey.referral_id, now),
    }


def with_times(steps: tuple[ReferralProgressed, ...]) -> list[tuple[ReferralProgressed, float | None]]:
    """Each step with the seconds since the one before; None for the first."""
    spans = ((after.occurred_at - before.occurred_at).total_seconds() for before, after in pairwise(steps))
    return list(zip(steps, [None, *spans], strict=True)) if steps else []


def _step(step: ReferralProgressed, links: Links, after: float | None) -> dict[str, Any]:
    return {
        "at": iso(step.occurred_at),
        "received_at": iso(step.received_at),
        "after_s": after,
        "step": step.step,
        "event_id": step.step_event_id,
        "state": as_shown(step.state),
        "sub_state": step.sub_state and as_shown(step.sub_state),
        "clock": step.clock,
        "due_at": iso(step.due_at),
        "trace_id": step.trace_id,
        "trace": links.of_step(step),
    }
