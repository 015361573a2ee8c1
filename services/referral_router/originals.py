"""Reads single messages again where they stand in the log, if they still do."""

from collections.abc import Iterable, Iterator

from confluent_kafka import IsolationLevel, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from referral_exchange.runtime import clients
from referral_exchange.runtime.tail import Partition, Read, Tail
from referral_router.inputs import GROUP

_NEAR = 200
"""Offsets so close together are read in one go: cheaper than asking for each."""

Pointer = tuple[Partition, int]
"""A message by its partition and offset."""


def read_again(
    kafka: clients.Kafka, admin: AdminClient, wanted: Iterable[Pointer], timeout_s: float
) -> dict[Pointer, Read]:
    """The messages of `wanted` that are still there; the partitions must exist.

    Raises EndNotReached when `timeout_s` pass without coming nearer, KafkaException.
    """
    offsets = _still_there(admin, wanted)
    if not offsets:
        return {}
    tail = Tail(clients.consumer(kafka, GROUP, **{"fetch.wait.max.ms": 5}), admin)
    try:
        found = (
            message
            for partition, those in offsets.items()
            for run in _runs(those)
            for message in _run(tail, partition, run, timeout_s)
        )
        return {(message.partition, message.offset): message for message in found}
    finally:
        tail.close()


def _run(tail: Tail, partition: Partition, run: list[int], timeout_s: float) -> Iterator[Read]:
    # Past the last one the log may have been compacted: the next message, or its end, tells that too.
    tail.assign({partition: run[0]})
    wanted = frozenset(run)
    for batch in tail.read_to({partition: run[-1] + 1}, timeout_s, run[-1] - run[0] + 1):
        yield from (message for message in batch if message.offset in wanted)


def _runs(offsets: list[int]) -> Iterator[list[int]]:
    run: list[int] = []
    for offset in sorted(offsets):
        if run and offset - run[-1] > _NEAR:
            yield run
            run = []
        run.append(offset)
    yield run


def _still_there(admin: AdminClient, wanted: Iterable[Pointer]) -> dict[Partition, list[int]]:
    """Those between the present begin of their partition and what is stable of it: no other can be read."""
    asked: dict[Partition, list[int]] = {}
    for partition, offset in wanted:
        asked.setdefault(partition, []).append(offset)
    begins = _offsets(admin, asked, OffsetSpec.earliest())  # type: ignore[no-untyped-call]
    ends = _offsets(admin, asked, OffsetSpec.latest())  # type: ignore[no-untyped-call]
    within = {p: [o for o in those if begins[p] <= o < ends[p]] for p, those in asked.items()}
    return {partition: those for partition, those in within.items() if those}


def _offsets(admin: AdminClient, partitions: Iterable[Partition], which: OffsetSpec) -> dict[Partition, int]:
    asked = {TopicPartition(*p): which for p in partitions}
    answers = admin.list_offsets(asked, isolation_level=IsolationLevel.READ_COMMITTED) if asked else {}
    return {Partition(tp.topic, tp.partition): answer.result().offset for tp, answer in answers.items()}
