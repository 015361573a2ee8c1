"""How far each reader is behind: messages not yet read, and since when the oldest of them waits."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from confluent_kafka import ConsumerGroupTopicPartitions
from confluent_kafka.admin import AdminClient

from exchange_command.oversight import reading
from exchange_command.oversight.source import Source
from exchange_command.oversight.words import from_ms, iso
from referral_exchange.runtime.tail import Partition, Read, Tail, present_ends
from referral_exchange.topics import committed_topics

_SECONDS = 10.0
_FIRST_S = 2.0
_INBOX = committed_topics()["inbox"].name.partition("<participant>")[0]
_OUTBOX = committed_topics()["outbox"].name.partition("<participant>")[0]
_OF_THE_ROUTER = ("consents", "operations")

Offsets = dict[Partition, int]


@dataclass(frozen=True, slots=True)
class Lag:
    """One group on one topic. `unread` may count a transaction's marker; `oldest` None: nothing waits."""

    group: str
    topic: str
    unread: int
    oldest: datetime | None
    begun: bool
    """Whether the group has ever committed anything of it."""


def measured(source: Source) -> list[Lag]:
    """Every group on every topic it reads or should read, the furthest behind first."""
    admin = source.admin()
    there = source.topics()
    committed = _committed(admin)
    for group, topic in expected(there):
        for number in range(there[topic]):
            committed.setdefault(group, {}).setdefault(Partition(topic, number), -1)
    every = sorted({p for offsets in committed.values() for p in offsets if p.topic in there})
    ends, begins = present_ends(admin, every, _SECONDS), reading.begins(source, every)
    found = [
        lag
        for group, offsets in committed.items()
        for lag in _of_group(source, group, {p: o for p, o in offsets.items() if p in ends}, begins, ends)
    ]
    return sorted(found, key=lambda lag: (-lag.unread, lag.group, lag.topic))


def expected(topics: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Who should read what, whether it ever did: (group, topic)."""
    for topic in topics:
        if topic.startswith(_INBOX):
            yield f"{topic.removeprefix(_INBOX)}.edge", topic
        elif topic.startswith(_OUTBOX) or topic in _OF_THE_ROUTER:
            yield "referral_router", topic
        elif topic == committed_topics()["referral-progress"].name:
            yield "status_board", topic


def above(lags: Iterable[Lag], most: int | None, oldest_s: float | None, now: datetime) -> list[Lag]:
    """Those that are further behind than a limit allows."""
    return [
        lag
        for lag in lags
        if (most is not None and lag.unread > most)
        or (oldest_s is not None and lag.oldest and (now - lag.oldest).total_seconds() > oldest_s)
    ]


def as_json(lag: Lag, now: datetime) -> dict[str, Any]:
    """One line as an object."""
    return {
        "group": lag.group,
        "topic": lag.topic,
        "unread": lag.unread,
        "oldest": iso(lag.oldest),
        "oldest_age_s": round((now - lag.oldest).total_seconds(), 3) if lag.oldest else None,
        "begun": lag.begun,
    }


def _of_group(source: Source, group: str, offsets: Offsets, begins: Offsets, ends: Offsets) -> Iterator[Lag]:
    behind = {p: max(o, begins[p]) for p, o in offsets.items() if max(o, begins[p]) < ends[p]}
    firsts = _first_unread(source, behind, ends) if behind else {}
    for topic in sorted({partition.topic for partition in offsets}):
        own = [p for p in offsets if p.topic == topic]
        waiting = [p for p in own if p in firsts]
        times = [first.appended_ms for p in waiting if (first := firsts[p]) is not None]
        yield Lag(
            group,
            topic,
            sum(ends[p] - behind[p] for p in waiting),
            from_ms(min(times)) if times else None,
            any(offsets[p] >= 0 for p in own),
        )


def _first_unread(source: Source, behind: Offsets, ends: Offsets) -> dict[Partition, Read | None]:
    """The first message that waits in each; None where an open transaction hides it. One that holds nothing
    but a transaction's markers is left out: nothing waits there."""
    tail = source.tail()
    try:
        found = {p: _first(tail, p, start, ends[p]) for p, start in behind.items()}
    finally:
        tail.close()
    return {p: first for p, (first, only_markers) in found.items() if not only_markers}


def _first(tail: Tail, partition: Partition, start: int, end: int) -> tuple[Read | None, bool]:
    tail.assign({partition: start})
    deadline = time.monotonic() + _FIRST_S
    while tail.reached[partition] < end and time.monotonic() < deadline:
        if batch := tail.take(1, 0.1):
            return batch[0], False
    return None, tail.reached[partition] >= end


def _committed(admin: AdminClient) -> dict[str, Offsets]:
    """What each group committed, by group."""
    groups = [group.group_id for group in admin.list_consumer_groups(request_timeout=_SECONDS).result().valid]
    return {group: offsets for group in groups if (offsets := _committed_by(admin, group))}


def _committed_by(admin: AdminClient, group: str) -> Offsets:
    answer = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])[group].result(_SECONDS)
    found = answer.topic_partitions or []
    return {Partition(tp.topic, tp.partition): tp.offset for tp in found if tp.offset >= 0}
