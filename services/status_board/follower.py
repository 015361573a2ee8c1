"""Follows what is compacted or kept: the directory, the router's records, what is set aside."""

import threading
from collections.abc import Iterable, Mapping

from confluent_kafka import Consumer

from referral_exchange.directory import Directory
from referral_exchange.events import MessageQuarantined, QuarantineClosed, ReferralRecord
from referral_exchange.oversight import reading, set_aside
from referral_exchange.oversight.set_aside import Pointer, SetAside
from referral_exchange.oversight.source import Source
from referral_exchange.runtime import clients
from referral_exchange.runtime.renewal import Renewal
from referral_exchange.runtime.tail import Partition, Read, Tail
from referral_exchange.topics import committed_topics
from status_board.recovery import Progress
from status_board.world import Held

_TOPICS = ("directory", "quarantine", "referral-records")
_AT_ONCE = 2000
_WAIT_S = 0.2
_UNHURRIED = {"fetch.wait.max.ms": 500}
"""It follows for days: what is new comes at once all the same, and only an end is seen later."""


class Follower:
    """What stands in those topics, read from their beginning each time the console starts."""

    def __init__(self, source: Source) -> None:
        """Connects at the first `step`."""
        self.directory = Directory()
        self._source = source
        self._aside: dict[Pointer, SetAside] = {}
        self._held: dict[str, Held] = {}
        self._ends: Mapping[Partition, int] = {}
        self._tail: Tail | None = None
        self._renewal = Renewal(source.kafka)
        self._lock = threading.Lock()

    def step(self) -> None:
        """Takes what has come. Raises KafkaException."""
        tail = self._tail = self._renewed(self._tail or self._begun())
        for message in tail.take(_AT_ONCE, _WAIT_S):
            with self._lock:
                self._take(message)

    def close(self) -> None:
        """Leaves the broker."""
        if self._tail is not None:
            self._tail.close()

    def aside(self) -> tuple[SetAside, ...]:
        """Every pointer there is."""
        with self._lock:
            return tuple(self._aside.values())

    def held(self, referral_id: str) -> Held | None:
        """The router's record of one referral."""
        return self._held.get(referral_id)

    def with_clocks(self) -> list[Held]:
        """Every record in which a clock runs, or ran out while it is open."""
        with self._lock:
            every = list(self._held.values())
        return [each for each in every if each.runs or (each.record.clocks and not each.record.closed_at)]

    def progress(self) -> Progress:
        """How far the first reading has come; the ends are those of the start."""
        reached = self._tail.reached if self._tail is not None else {}
        done = sum(min(reached.get(p, 0), end) for p, end in self._ends.items())
        return Progress("records", done, sum(self._ends.values()), self._tail is not None)

    def _begun(self) -> Tail:
        tail = self._source.tail(**_UNHURRIED)
        topics = [committed_topics()[kind] for kind in _TOPICS]
        tail.assign({p: -1 for t in topics for p in reading.all_partitions(t.name, t.partitions)})
        self._ends = tail.present_ends()
        return tail

    def _renewed(self, tail: Tail) -> Tail:
        consumer = self._renewal.of(self._consumer)
        return tail if consumer is None else tail.handed_to(consumer, self._source.admin())

    def _consumer(self) -> Consumer:
        return clients.consumer(self._source.kafka, self._source.group, **_UNHURRIED)

    def _take(self, message: Read) -> None:
        if message.value is None:
            self._held.pop((message.key or b"").decode("ascii", "replace"), None)
            return
        match reading.event_in(self._source, message):
            case ReferralRecord() as record:
                self._held[record.referral_id] = Held(_without_verdicts(record))
            case MessageQuarantined() | QuarantineClosed() as event:
                set_aside.apply(self._aside, event)
            case None:
                return
            case listed:
                self.directory.apply(listed)


def _without_verdicts(record: ReferralRecord) -> ReferralRecord:
    """A verdict an event is most of a record, and nothing that the console shows."""
    record.verdicts.clear()
    return record


def elapsed(held: Iterable[Held]) -> int:
    """How many clocks ran out in referrals that are still open."""
    return sum(clock.elapsed for each in held for clock in each.record.clocks if not each.record.closed_at)
