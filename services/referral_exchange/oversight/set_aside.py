"""Pointers to what could not be read, and what became of each. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from referral_exchange.events import Event, MessageQuarantined, QuarantineClosed


class Pointer(NamedTuple):
    """Where a message stands: `topic/partition/offset`."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        """As a person types it."""
        return f"{self.topic}/{self.partition}/{self.offset}"


@dataclass(frozen=True, slots=True)
class SetAside:
    """One pointer. `how` None: open; else what became of it."""

    pointer: Pointer
    code: str
    at: datetime
    how: str | None = None
    closed_at: datetime | None = None


def gathered(events: Iterable[Event]) -> list[SetAside]:
    """One a pointer, as it stands after `events` in the order of the log."""
    found: dict[Pointer, SetAside] = {}
    for event in events:
        apply(found, event)
    return sorted(found.values(), key=lambda each: each.at)


def apply(found: dict[Pointer, SetAside], event: Event) -> None:
    """Takes one event of the topic, in the order of the log, into `found`."""
    match event:
        case MessageQuarantined():
            pointer = Pointer(event.topic, event.partition, event.offset)
            known = found.get(pointer)
            # The router says a thing again after a takeover, with the same time: that opens nothing anew.
            if known is None or (known.closed_at is not None and event.occurred_at > known.closed_at):
                found[pointer] = SetAside(pointer, event.code, event.occurred_at)
        case QuarantineClosed():
            pointer = Pointer(event.topic, event.partition, event.offset)
            if (known := found.get(pointer)) is not None:
                found[pointer] = SetAside(pointer, known.code, known.at, event.how, event.occurred_at)
        case _:
            return
