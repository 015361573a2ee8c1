"""What could not be read: pointers that are still open, and whether their bytes still stand."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from exchange_command.oversight import reading
from exchange_command.oversight.quarantine_classes import meaning
from exchange_command.oversight.source import Source
from exchange_command.oversight.words import iso, plain
from exchange_command.problem import Problem
from referral_exchange.catalog import committed
from referral_exchange.events import Event, MessageQuarantined, QuarantineClosed
from referral_exchange.message import read_headers, text
from referral_exchange.runtime.tail import Partition, Read, present_ends
from referral_exchange.topics import committed_topics

_QUARANTINE = committed_topics()["quarantine"]
_WAIT_S = 2.0


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


def read_pointer(typed: str) -> Pointer:
    """`typed` as a pointer. Raises Problem."""
    pieces = typed.rsplit("/", 2)
    if len(pieces) != len(Pointer._fields) or not all(piece.isdecimal() for piece in pieces[1:]):
        raise Problem(
            f"{plain(typed)!r} is no pointer; write topic/partition/offset, as `quarantine list` shows"
        )
    return Pointer(pieces[0], int(pieces[1]), int(pieces[2]))


def everything(source: Source, *, quiet: bool) -> list[SetAside]:
    """Every pointer there is, oldest first."""
    partitions = reading.all_partitions(_QUARANTINE.name, _QUARANTINE.partitions)
    events = (
        reading.event_in(source, message) for message in reading.all_of(source, partitions, quiet=quiet)
    )
    return gathered(event for event in events if event is not None)


def gathered(events: Iterable[Event]) -> list[SetAside]:
    """One a pointer, as it stands after `events` in the order of the log."""
    found: dict[Pointer, SetAside] = {}
    for event in events:
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
                continue
    return sorted(found.values(), key=lambda each: each.at)


def standing(source: Source, pointers: Iterable[Pointer]) -> set[Pointer]:
    """Those whose bytes still stand where they point."""
    asked = list(pointers)
    there = source.topics()
    pointed = {Partition(p.topic, p.partition) for p in asked if p.partition < there.get(p.topic, 0)}
    begins, ends = reading.begins(source, pointed), present_ends(source.admin(), sorted(pointed))
    spans = {where: range(begins[where], ends[where]) for where in pointed}
    kept = [p for p in asked if p.offset in spans.get(Partition(p.topic, p.partition), ())]
    # In a compacted topic what lies behind the beginning may be gone all the same.
    compacted = {topic.name for topic in committed_topics().values() if topic.cleanup == "compact"}
    return {p for p in kept if p.topic not in compacted or message_at(source, p) is not None}


def message_at(source: Source, pointer: Pointer) -> Read | None:
    """The message at exactly that place; None where it is gone."""
    partition = Partition(pointer.topic, pointer.partition)
    tail = source.tail()
    try:
        tail.assign({partition: pointer.offset})
        found = tail.take(1, _WAIT_S)
    finally:
        tail.close()
    return found[0] if found and found[0].offset == pointer.offset else None


def as_json(each: SetAside, now: datetime, stands: bool) -> dict[str, Any]:
    """One pointer as an object."""
    said = meaning(each.code)
    return {
        "pointer": plain(str(each.pointer)),
        "topic": plain(each.pointer.topic),
        "partition": each.pointer.partition,
        "offset": each.pointer.offset,
        "class": plain(each.code),
        "set_aside_at": iso(each.at),
        "age_s": round((now - each.at).total_seconds(), 3),
        "bytes_exist": stands,
        "closed": each.how,
        "closed_at": iso(each.closed_at),
        "means": said.means,
        "do": said.do,
    }


def around(message: Read) -> dict[str, Any]:
    """What stands around a message that could not be read: never its bytes, and no text a stranger chose."""
    named = read_headers(message.headers)
    ce_type = text(named, "ce_type")
    return {
        "bytes": len(message.value or b""),
        "type": ce_type if ce_type in committed() else None,
        "headers": sorted(named),
    }


def open_ones(found: Iterable[SetAside]) -> Iterator[SetAside]:
    """Those that nothing became of yet."""
    return (each for each in found if each.how is None)
