"""Topics as they grow: what stands around each event, and its routing fields."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from exchange_command.oversight.event_view import routing_fields
from exchange_command.problem import Problem
from referral_exchange import catalog
from referral_exchange.codec import Undecodable
from referral_exchange.message import read_headers, text
from referral_exchange.oversight.source import Source
from referral_exchange.oversight.words import from_ms, iso, plain
from referral_exchange.runtime.tail import Partition, Read
from referral_exchange.topics import committed_topics

_AT_ONCE = 500
_WAIT_S = 0.5
_OF_TOPICS = frozenset(event for topic in committed_topics().values() for event in topic.events)
_TRACE_PIECES = 4

_ID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_SLUG = "[a-z][a-z0-9_-]{1,62}"
_KEY = re.compile(
    rf"{_ID}|(participant|programme|capacity):{_SLUG}|(inbox|outbox)\.{_SLUG}|consents|operations"
)
_TYPE = re.compile(r"[A-Z][A-Za-z]{1,60}\.v[1-9]\d?")
_PROGRAMME = re.compile(_SLUG)
_TRACE = re.compile("[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to follow, and how long. `most` None: until told to stop; `once`: to the present end."""

    partitions: Sequence[Partition]
    from_beginning: bool = False
    once: bool = False
    most: int | None = None


def partitions_of(names: Sequence[str], there: Mapping[str, int]) -> list[Partition]:
    """Every partition of the topics named. Raises Problem for what is no topic of this exchange."""
    kinds = committed_topics().values()
    ours = {t for t in there for kind in kinds if t == kind.name or _is_of(t, kind.name)}
    for name in names:
        if name not in ours:
            raise Problem(f"{plain(name)!r} is no topic here; there are {', '.join(sorted(ours)) or 'none'}")
    return [Partition(name, number) for name in dict.fromkeys(names) for number in range(there[name])]


def followed(source: Source, wanted: Wanted) -> Iterator[Read]:
    """Messages as they come, each partition in its order."""
    tail = source.tail()
    try:
        tail.assign(dict.fromkeys(wanted.partitions, 0))
        ends = tail.present_ends()
        if not wanted.from_beginning:
            tail.assign(ends)
        count = 0
        while wanted.most is None or count < wanted.most:
            left = _AT_ONCE if wanted.most is None else min(_AT_ONCE, wanted.most - count)
            batch = tail.take(left, _WAIT_S)
            yield from batch
            count += len(batch)
            if wanted.once and all(tail.reached[partition] >= end for partition, end in ends.items()):
                return
    finally:
        tail.close()


def as_json(source: Source, message: Read, *, decode: bool) -> dict[str, Any]:
    """One message: where it stands, its headers, and with `decode` its routing fields or why not."""
    named = read_headers(message.headers)
    shown = {
        "at": iso(from_ms(message.appended_ms)),
        "topic": message.partition.topic,
        "partition": message.partition.number,
        "offset": message.offset,
        "key": _known_form(_KEY, (message.key or b"").decode("utf-8", "replace")),
        "type": _known_form(_TYPE, text(named, "ce_type")),
        "from": _known_form(_PROGRAMME, text(named, "ce_source")),
        "bytes": len(message.value or b""),
        "trace_id": _trace_id(text(named, "traceparent")),
    }
    return shown | _decoded(source, message, text(named, "ce_type")) if decode else shown


def _decoded(source: Source, message: Read, ce_type: str) -> dict[str, Any]:
    if message.value is None:
        return {"fields": None, "fault": "tombstone"}
    try:
        event = source.codec.decode(message.value, ce_type, own_registry=False)
    except Undecodable as error:
        return {"fields": None, "fault": error.code}
    schema = catalog.committed()[event.RECORD]
    if schema.record not in _OF_TOPICS:
        # The plaintext of a part has no business on a topic, and even less on a screen.
        return {"fields": None, "fault": "not-an-event"}
    return {"fields": routing_fields(schema, event.to_datum()), "fault": None}


def _known_form(form: re.Pattern[str], said: str) -> str | None:
    """What was said, where it has the form that it must have. A stranger may have put anything there."""
    return said if form.fullmatch(said) else None


def _is_of(topic: str, pattern: str) -> bool:
    """Whether the topic is the one of some participant."""
    before, found, _ = pattern.partition("<participant>")
    return bool(found) and topic.startswith(before) and len(topic) > len(before)


def _trace_id(traceparent: str) -> str | None:
    pieces = traceparent.split("-")
    return _known_form(_TRACE, pieces[1]) if len(pieces) == _TRACE_PIECES else None
