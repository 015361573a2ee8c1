"""Deletes what was read and is old. Time alone deletes nothing, and what is set aside keeps its bytes."""

import logging
import time
from collections.abc import Iterable, Mapping

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaError, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from referral_exchange.codec import Undecodable
from referral_exchange.events import MessageQuarantined, QuarantineClosed
from referral_exchange.message import read_headers, text
from referral_exchange.runtime import clients
from referral_exchange.runtime.lifecycle import Clock
from referral_exchange.runtime.tail import Partition, Read, Tail, present_ends
from referral_exchange.topics import committed_topics, inbox, outbox
from referral_router.inputs import GROUP
from referral_router.options import Options
from referral_router.quarantine import still_open
from referral_router.wire import Wire, milliseconds

_LOG = logging.getLogger(__name__)

_TOPICS = committed_topics()
_PROGRESS = _TOPICS["referral-progress"].name
_OPERATIONS = _TOPICS["operations"].name
_QUARANTINE = _TOPICS["quarantine"]

_UNDECIDED_S = 0.02

Offsets = Mapping[Partition, int]


class Janitor:
    """Sweeps the partitions of which this process is the owner."""

    def __init__(
        self, kafka: clients.Kafka, admin: AdminClient, wire: Wire, options: Options, clock: Clock
    ) -> None:
        """Connects when it sweeps."""
        self._kafka = kafka
        self._admin = admin
        self._wire = wire
        self._options = options
        self._clock = clock

    def sweep(self, participants: Iterable[str], numbers: Iterable[int]) -> dict[Partition, int]:
        """Deletes below the bound of each mailbox partition; returns those bounds. Raises KafkaException.

        An inbox has one partition, swept by the owner of the outboxes' partition of that number.
        """
        bounds: dict[Partition, int] = {}
        pointers = self._oldest_pointers()
        owned, people = list(numbers), sorted(participants)
        topics = [_OPERATIONS, *(outbox(person) for person in people)]
        read = self._committed(GROUP, [Partition(topic, n) for topic in topics for n in owned])
        for person in people if 0 in owned else ():
            read |= self._committed(f"{person}.edge", [Partition(inbox(person), 0)])
        old = self._older_than(read, self._options.keep_read_s)
        for partition, offset in read.items():
            bounds[partition] = min(offset, old[partition], pointers.get(partition, offset))
        progress = dict.fromkeys((Partition(_PROGRESS, number) for number in owned), 0)
        bounds |= self._older_than(progress, self._options.keep_progress_s)
        self._delete(bounds)
        return bounds

    def _oldest_pointers(self) -> dict[Partition, int]:
        """The first message of each partition that somebody still has to look at."""
        oldest: dict[Partition, int] = {}
        tail = Tail(
            clients.consumer(self._kafka, f"{GROUP}.janitor", **{"fetch.wait.max.ms": 5}), self._admin
        )
        try:
            tail.assign({Partition(_QUARANTINE.name, n): 0 for n in range(_QUARANTINE.partitions)})
            batches = tail.read_to(tail.present_ends(), self._options.catch_up_s)
            pointers = still_open(self._told(message) for batch in batches for message in batch)
        finally:
            tail.close()
        for where, offset in pointers:
            oldest[where] = min(offset, oldest.get(where, offset))
        return oldest

    def _told(self, message: Read) -> MessageQuarantined | QuarantineClosed:
        ce_type = text(read_headers(message.headers), "ce_type")
        event = self._wire.codec.decode(message.value, ce_type, own_registry=False)
        if not isinstance(event, MessageQuarantined | QuarantineClosed):
            raise Undecodable("unknown-record", event.RECORD)
        return event

    def _committed(self, group: str, partitions: list[Partition]) -> dict[Partition, int]:
        """Only those of which the one reader has committed something.

        Behind a commit the broker takes a moment until an offset is decided: it is waited for, and what
        hangs for longer than a transaction may last stays for another sweep.
        """
        deadline = time.monotonic() + self._options.transaction_s
        found: dict[Partition, int] = {}
        left = [TopicPartition(*partition) for partition in partitions]
        while left and time.monotonic() < deadline:
            asked = ConsumerGroupTopicPartitions(group, left)
            answer = self._admin.list_consumer_group_offsets([asked], require_stable=True)[group].result()
            told = answer.topic_partitions
            found |= {Partition(tp.topic, tp.partition): tp.offset for tp in told if tp.offset > 0}
            left = [TopicPartition(tp.topic, tp.partition) for tp in told if _undecided(tp)]
            if left:
                time.sleep(_UNDECIDED_S)
        return found

    def _older_than(self, partitions: Iterable[Partition], keep_s: float) -> dict[Partition, int]:
        """The offset below which everything was appended longer ago than `keep_s`."""
        wanted = list(partitions)
        if not wanted:
            return {}
        since = milliseconds(self._clock.now()) - round(keep_s * 1000)
        asked = {TopicPartition(*p): OffsetSpec.for_timestamp(since) for p in wanted}
        found = {
            Partition(tp.topic, tp.partition): f.result().offset
            for tp, f in self._admin.list_offsets(asked).items()
        }
        ends = present_ends(self._admin, [p for p, offset in found.items() if offset < 0])
        return {partition: ends.get(partition, offset) for partition, offset in found.items()}

    def _delete(self, bounds: Offsets) -> None:
        below = [TopicPartition(*partition, offset) for partition, offset in bounds.items() if offset > 0]
        if below:
            for tp, deleted in self._admin.delete_records(below).items():
                _LOG.info("%s/%d begins at %d", tp.topic, tp.partition, deleted.result().low_watermark)


def _undecided(answer: TopicPartition) -> bool:
    return answer.error is not None and answer.error.code() == KafkaError.UNSTABLE_OFFSET_COMMIT
