"""How far each reader is behind: messages not yet read, and since when the oldest of them waits."""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from confluent_kafka import ConsumerGroupTopicPartitions
from confluent_kafka.admin import AdminClient

from referral_exchange.oversight import reading
from referral_exchange.oversight.source import Source
from referral_exchange.oversight.words import from_ms, iso
from referral_exchange.runtime.tail import Partition, Read, Tail, present_ends
from referral_exchange.topics import committed_topics

_SECONDS = 10.0
_FIRST_S = 2.0
_INBOX = committed_topics()["inbox"].name.partition("<participant>")[0]
_OUTBOX = committed_topics()["outbox"].name.partition("<participant>")[0]
_OF_THE_ROUTER = ("consents", "operations")
_IN_TRANSACTIONS = (_INBOX, committed_topics()["referral-progress"].name)
"""What the topics begin with that are written in transactions."""

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
    committed = _with_all(_committed(admin, _groups(admin)), there)
    every = sorted({p for offsets in committed.values() for p in offsets if p.topic in there})
    ends, begins = present_ends(admin, every, _SECONDS), reading.begins(source, every)
    found = [
        lag
        for group, offsets in committed.items()
        for lag in _of_group(source, group, {p: o for p, o in offsets.items() if p in ends}, begins, ends)
    ]
    return sorted(found, key=lambda lag: (-lag.unread, lag.group, lag.topic))


@dataclass(frozen=True, slots=True)
class Place:
    """Where one group stands in one partition: the next offset it reads, and the partition's end."""

    group: str
    partition: Partition
    reads: int
    end: int
    begun: bool

    @property
    def unread(self) -> int:
        """Messages not yet read, transactions' markers among them; 0 where only one marker is left."""
        left = max(0, self.end - self.reads)
        # Behind the last message of a transaction stands its marker, which no reader is ever given.
        return 0 if left == 1 and self.partition.topic.startswith(_IN_TRANSACTIONS) else left


def places(source: Source) -> list[Place]:
    """Where each reader of the exchange stands in what it should read. Asks for offsets, reads nothing."""
    admin, there = source.admin(), source.topics()
    groups = sorted({group for group, _ in expected(there)})
    known = _with_all(_committed(admin, groups), there)
    pairs = set(expected(there))
    wanted = {(g, p): o for g, own in known.items() for p, o in own.items() if (g, p.topic) in pairs}
    every = sorted({partition for _, partition in wanted})
    ends, begins = present_ends(admin, every, _SECONDS), reading.begins(source, every)
    return [
        Place(group, p, max(offset, begins[p]), ends[p], offset >= 0) for (group, p), offset in wanted.items()
    ]


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


def _groups(admin: AdminClient) -> list[str]:
    return [group.group_id for group in admin.list_consumer_groups(request_timeout=_SECONDS).result().valid]


def _committed(admin: AdminClient, groups: Iterable[str]) -> dict[str, Offsets]:
    """What each group committed, by group."""
    return {group: offsets for group in groups if (offsets := _committed_by(admin, group))}


def _with_all(committed: dict[str, Offsets], there: Mapping[str, int]) -> dict[str, Offsets]:
    """The same, with -1 for what should be read and never was."""
    for group, topic in expected(there):
        for number in range(there[topic]):
            committed.setdefault(group, {}).setdefault(Partition(topic, number), -1)
    return committed


def _committed_by(admin: AdminClient, group: str) -> Offsets:
    answer = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])[group].result(_SECONDS)
    found = answer.topic_partitions or []
    return {Partition(tp.topic, tp.partition): tp.offset for tp in found if tp.offset >= 0}
