"""Reads partitions assigned by hand and knows how far it has read, up to an end that is really the end."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, OffsetSpec

_STALE_METADATA = frozenset(
    {
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError.UNKNOWN_LEADER_EPOCH,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError._NOENT,  # "no leaders found": the broker is up and has not said yet what it leads
    }
)

_ATTEMPTS = 10
_BACK_OFF_S = 0.05


class Partition(NamedTuple):
    """One partition of one topic."""

    topic: str
    number: int


class Read(NamedTuple):
    """One message as it stands in the log. `key` and `value` None: a tombstone or no key."""

    partition: Partition
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]
    appended_ms: int
    """When the broker appended it (all topics are LogAppendTime), ms since the epoch."""


class EndNotReached(Exception):
    """Reading stopped short of the end; look for a transaction left open, or a broker that is away."""


class Tail:
    """Read-committed messages of a set of partitions, with the offset that comes next of each.

    A partition-EOF event counts as reading: behind the last record stand transaction markers, which no
    consumer ever sees, so only that event tells that the end was reached.
    """

    def __init__(self, consumer: Consumer, admin: AdminClient) -> None:
        """`consumer` has `enable.partition.eof`; it belongs to this tail, and so does closing it."""
        self._consumer = consumer
        self._admin = admin
        self.reached: dict[Partition, int] = {}
        """The next offset to read, by partition."""

    def assign(self, starts: Mapping[Partition, int]) -> None:
        """Reads from `starts` on (negative: from the beginning), and nothing else any more."""
        self.reached = {partition: max(0, offset) for partition, offset in starts.items()}
        self._consumer.assign(
            [TopicPartition(*p, o if o >= 0 else OFFSET_BEGINNING) for p, o in starts.items()]
        )

    def take(self, most: int, wait_s: float) -> list[Read]:
        """Up to `most` messages; waits `wait_s` for the first one only. Raises KafkaException."""
        first = self._consumer.poll(wait_s)
        if first is None:
            return []
        # One call for all that is already here: `consume` with a time-out would wait for the full number.
        return self._kept([first, *self._consumer.consume(most - 1, 0)] if most > 1 else [first])

    def present_ends(self, timeout_s: float = 10.0) -> dict[Partition, int]:
        """The high watermark of each assigned partition now. Raises KafkaException."""
        return present_ends(self._admin, list(self.reached), timeout_s)

    def committed(self, partitions: Iterable[Partition], timeout_s: float = 10.0) -> dict[Partition, int]:
        """What the consumer's group committed of each, 0 where it never did. Raises KafkaException.

        Waits for transactions that are about to decide an offset.
        """
        asked = [TopicPartition(*partition) for partition in partitions]
        found = self._consumer.committed(asked, timeout=timeout_s) if asked else []
        for answer in found:
            if answer.error is not None:
                raise KafkaException(answer.error)
        return {Partition(tp.topic, tp.partition): max(0, tp.offset) for tp in found}

    def read_to(
        self, ends: Mapping[Partition, int], timeout_s: float, most: int = 10_000
    ) -> Iterator[list[Read]]:
        """Batches of up to `most` messages until every partition of `ends` is read to that offset.

        Raises EndNotReached when `timeout_s` pass without coming nearer.
        """
        deadline = time.monotonic() + timeout_s
        while any(self.reached[partition] < end for partition, end in ends.items()):
            before = dict(self.reached)
            if batch := self.take(most, 0.1):
                yield batch
            if self.reached != before:
                deadline = time.monotonic() + timeout_s
            elif time.monotonic() > deadline:
                raise EndNotReached(f"no nearer to the end of {sorted(ends)} for {timeout_s} s")

    def handed_to(self, consumer: Consumer, admin: AdminClient) -> "Tail":
        """Another tail that goes on with these clients where this one stands; this one leaves the broker."""
        other = Tail(consumer, admin)
        if self.reached:
            other.assign(self.reached)
        self.close()
        return other

    def close(self) -> None:
        """Leaves the broker."""
        self._consumer.close()

    def _kept(self, batch: list[Message]) -> list[Read]:
        kept = []
        partition = Partition("", 0)
        for message in batch:
            topic, number = message.topic(), message.partition()
            if topic != partition.topic or number != partition.number:
                partition = Partition(topic, number)  # type: ignore[arg-type]
            offset: int = message.offset()  # type: ignore[assignment]
            if (error := message.error()) is None:
                kept.append(_read(message, partition, offset))
                self.reached[partition] = offset + 1
            elif error.code() == KafkaError._PARTITION_EOF:
                self.reached[partition] = offset
            elif not error.retriable():
                raise KafkaException(error)
        return kept


def _read(message: Message, partition: Partition, offset: int) -> Read:
    return Read(
        partition,
        offset,
        message.key(),
        message.value(),
        message.headers() or (),  # type: ignore[arg-type]
        message.timestamp()[1],
    )


def present_ends(
    admin: AdminClient, partitions: list[Partition], timeout_s: float = 10.0
) -> dict[Partition, int]:
    """The high watermark of each partition, open transactions included. Raises KafkaException.

    Asked of the broker as read-uncommitted: a read-committed consumer's watermark is the last *stable*
    offset, which an open transaction holds back.
    """
    return _known_ends(admin, partitions, IsolationLevel.READ_UNCOMMITTED, timeout_s)


def stable_ends(
    admin: AdminClient, partitions: list[Partition], timeout_s: float = 10.0
) -> dict[Partition, int]:
    """How far each partition may be read by who reads what is committed alone. Raises KafkaException.

    It lies before the high watermark as long as a transaction is open there.
    """
    return _known_ends(admin, partitions, IsolationLevel.READ_COMMITTED, timeout_s)


def _known_ends(
    admin: AdminClient, partitions: list[Partition], isolation: IsolationLevel, timeout_s: float
) -> dict[Partition, int]:
    if not partitions:
        return {}
    asked = {
        TopicPartition(*partition): OffsetSpec.latest()  # type: ignore[no-untyped-call]
        for partition in partitions
    }
    for attempt in range(_ATTEMPTS):
        try:
            return _ends(admin, asked, isolation, timeout_s)
        except KafkaException as error:
            if error.args[0].code() not in _STALE_METADATA:
                raise
        # After a restart of the broker, or for a topic just made, librdkafka keeps asking with the leader
        # epoch it remembers, and is refused each time, until it is made to look the leaders up again.
        time.sleep(_BACK_OFF_S * attempt)
        for topic in {partition.topic for partition in partitions}:
            admin.list_topics(topic, timeout_s)
    return _ends(admin, asked, isolation, timeout_s)


def _ends(
    admin: AdminClient,
    asked: dict[TopicPartition, OffsetSpec],
    isolation: IsolationLevel,
    timeout_s: float,
) -> dict[Partition, int]:
    answers = admin.list_offsets(asked, isolation_level=isolation, request_timeout=timeout_s)
    return {Partition(tp.topic, tp.partition): answer.result().offset for tp, answer in answers.items()}
