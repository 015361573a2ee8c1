"""Asks the router to read quarantined messages again, and waits until it says what became of each."""

import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient

from referral_exchange import catalog, ids, registry
from referral_exchange.codec import Codec
from referral_exchange.events import MessageQuarantined, QuarantineClosed, ReplayAsked
from referral_exchange.message import Message
from referral_exchange.oversight import reading
from referral_exchange.oversight.set_aside import Pointer
from referral_exchange.oversight.source import Source
from referral_exchange.oversight.trouble import LookFailed
from referral_exchange.runtime import AckedProducer, OutcomeUnknown, ProduceRefused
from referral_exchange.runtime.tail import Partition, Tail, present_ends
from referral_exchange.topics import committed_topics, partition_of

WAITING = "waiting"
"""What became of a pointer that the router has not dealt with yet."""
UNREADABLE = "unreadable"
"""The router read it again and still cannot: the pointer stays open, and its bytes stay."""
REFUSED = "refused: "
"""The router did not even try; behind it stands the class of why."""

_TOPICS = committed_topics()
_OPERATIONS, _QUARANTINE = _TOPICS["operations"], _TOPICS["quarantine"]
_ROUTER = _OPERATIONS.read_by[0]
_AT_ONCE = 100
_SECONDS = 10.0


def ask(source: Source, pointers: Sequence[Pointer], within_s: float) -> dict[Pointer, str]:
    """What became of each: replayed, gone, unreadable, refused, or `waiting` after `within_s` seconds.

    Harmless to repeat: the router reads a message as often as it is asked to, and a receiver drops doubles.
    Raises LookFailed where the asking itself is not acknowledged, RegistryRefused where it cannot be written.
    """
    codec = _codec(source, ReplayAsked.RECORD)
    tail = source.tail()
    try:
        tail.assign(dict.fromkeys(reading.all_partitions(_QUARANTINE.name, _QUARANTINE.partitions), 0))
        # From here on: an answer to an earlier asking is not an answer to this one.
        tail.assign(tail.present_ends())
        _produce(source, [_asking(codec, pointer, source.asker) for pointer in pointers])
        return _Waiting(source, tail, pointers).answers(within_s)
    finally:
        tail.close()


def drop(source: Source, pointers: Sequence[Pointer]) -> None:
    """Says that each needs nothing more, so that the janitor may let its bytes go. Raises as `ask`."""
    codec = _codec(source, QuarantineClosed.RECORD)
    _produce(source, [_dropped(codec, pointer, source.asker) for pointer in pointers])


class _Waiting:
    """What is known so far of one asking."""

    def __init__(self, source: Source, tail: Tail, pointers: Iterable[Pointer]) -> None:
        """`tail` follows `quarantine` from before the asking; what was asked stands already."""
        self._source = source
        self._tail = tail
        self._admin = source.admin()
        self._became = dict.fromkeys(pointers, WAITING)
        self._why: dict[int, str] = {}
        asked = {Partition(_OPERATIONS.name, pointer.partition) for pointer in self._became}
        self._ends = present_ends(self._admin, sorted(asked), _SECONDS)

    def answers(self, within_s: float) -> dict[Pointer, str]:
        """Returns once every pointer is answered, or after `within_s` seconds."""
        deadline = time.monotonic() + within_s
        while WAITING in self._became.values() and time.monotonic() < deadline:
            dealt_with = self._dealt_with()
            self._listen()
            # Asked for before listening: an answer stands in the same transaction as the offset.
            for pointer in (p for p, how in self._became.items() if how == WAITING):
                if Partition(_OPERATIONS.name, pointer.partition) in dealt_with:
                    why = self._why.get(pointer.partition)
                    self._became[pointer] = f"{REFUSED}{why}" if why else UNREADABLE
        return self._became

    def _listen(self) -> None:
        waited_s = 0.2
        while batch := self._tail.take(_AT_ONCE, waited_s):
            waited_s = 0.0
            for message in batch:
                match reading.event_in(self._source, message):
                    case QuarantineClosed() as closed:
                        self._close(Pointer(closed.topic, closed.partition, closed.offset), closed.how)
                    case MessageQuarantined() as aside if aside.topic == _OPERATIONS.name:
                        self._why[aside.partition] = aside.code
                    case _:
                        continue

    def _close(self, pointer: Pointer, how: str) -> None:
        if pointer in self._became:
            self._became[pointer] = how

    def _dealt_with(self) -> set[Partition]:
        """Partitions of `operations` of which the router has committed all that was asked."""
        committed = _committed(self._admin, list(self._ends))
        return {partition for partition, end in self._ends.items() if committed.get(partition, 0) >= end}


def _committed(admin: AdminClient, partitions: Sequence[Partition]) -> dict[Partition, int]:
    asked = ConsumerGroupTopicPartitions(_ROUTER, [TopicPartition(*p) for p in partitions])
    answer = admin.list_consumer_group_offsets([asked], require_stable=True)[_ROUTER].result(_SECONDS)
    return {Partition(tp.topic, tp.partition): tp.offset for tp in answer.topic_partitions or []}


def _codec(source: Source, key: str) -> Codec:
    wanted = {key: catalog.committed()[key]}
    return Codec(catalog.committed(), registry.look_up_all(source.registry_url, wanted, source.tls))


def _asking(codec: Codec, pointer: Pointer, asker: str) -> Message:
    asked = ReplayAsked(event_id=ids.fresh(), occurred_at=_now(), **pointer._asdict())
    named = _headers(asked, asker)
    return Message(_OPERATIONS.name, pointer.topic, codec.encode(asked), named, pointer.partition)


def _dropped(codec: Codec, pointer: Pointer, asker: str) -> Message:
    closed = QuarantineClosed(event_id=ids.fresh(), occurred_at=_now(), how="dropped", **pointer._asdict())
    number = partition_of(pointer.topic, _QUARANTINE.partitions)
    return Message(_QUARANTINE.name, pointer.topic, codec.encode(closed), _headers(closed, asker), number)


def _headers(event: ReplayAsked | QuarantineClosed, asker: str) -> dict[str, bytes]:
    return {
        "ce_type": event.RECORD.encode(),
        "ce_id": event.event_id.encode(),
        "ce_source": asker.encode(),
        "ce_time": event.occurred_at.isoformat().encode(),
    }


def _now() -> datetime:
    at = datetime.now(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _produce(source: Source, messages: Sequence[Message]) -> None:
    try:
        with AckedProducer({**source.kafka, "log_level": 0}) as producer:
            producer.produce_and_wait(messages)
    except (OutcomeUnknown, ProduceRefused) as error:
        raise LookFailed(f"the broker did not take what was asked ({error}); ask once more") from None
