"""What could not be read: pointers that are still open, and whether their bytes still stand."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from referral_exchange.catalog import committed
from referral_exchange.message import read_headers, text
from referral_exchange.oversight import reading
from referral_exchange.oversight.quarantine_classes import meaning
from referral_exchange.oversight.set_aside import Pointer, SetAside, gathered
from referral_exchange.oversight.source import Source
from referral_exchange.oversight.trouble import LookFailed
from referral_exchange.oversight.words import iso, plain
from referral_exchange.runtime.tail import Partition, Read, present_ends
from referral_exchange.topics import committed_topics

_QUARANTINE = committed_topics()["quarantine"]
_WAIT_S = 2.0


def read_pointer(typed: str) -> Pointer:
    """`typed` as a pointer. Raises LookFailed."""
    pieces = typed.rsplit("/", 2)
    if len(pieces) != len(Pointer._fields) or not all(piece.isdecimal() for piece in pieces[1:]):
        raise LookFailed(
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


def standing(source: Source, pointers: Iterable[Pointer]) -> set[Pointer]:
    """Those whose bytes still stand where they point."""
    kept = within(source, pointers)
    # In a compacted topic what lies behind the beginning may be gone all the same.
    compacted = {topic.name for topic in committed_topics().values() if topic.cleanup == "compact"}
    return {p for p in kept if p.topic not in compacted or message_at(source, p) is not None}


def within(source: Source, pointers: Iterable[Pointer]) -> list[Pointer]:
    """Those that point between the first and the last offset of their partition; nothing is read."""
    asked = list(pointers)
    there = source.topics()
    pointed = {Partition(p.topic, p.partition) for p in asked if p.partition < there.get(p.topic, 0)}
    begins, ends = reading.begins(source, pointed), present_ends(source.admin(), sorted(pointed))
    spans = {where: range(begins[where], ends[where]) for where in pointed}
    return [p for p in asked if p.offset in spans.get(Partition(p.topic, p.partition), ())]


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
