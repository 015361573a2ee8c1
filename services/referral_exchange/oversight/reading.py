"""Reads partitions from their beginning to their present end, and says so where that takes long."""

import sys
from collections.abc import Iterable, Iterator, Sequence

from confluent_kafka import TopicPartition
from confluent_kafka.admin import OffsetSpec
from rich.console import Console

from referral_exchange.codec import Undecodable
from referral_exchange.events import Event
from referral_exchange.message import read_headers, text
from referral_exchange.oversight.source import Source
from referral_exchange.runtime.tail import Partition, Read

_PATIENCE_S = 15.0
_ANSWER_S = 10.0


def all_of(source: Source, partitions: Sequence[Partition], *, quiet: bool) -> Iterator[Read]:
    """Every message that stands there now. Unless `quiet`, a line on a terminal's stderr counts along."""
    console = Console(stderr=True, quiet=quiet or not sys.stderr.isatty())
    tail, count = source.tail(), 0
    try:
        tail.assign(dict.fromkeys(partitions, 0))
        with console.status(f"reading {_named(partitions)}") as status:
            for batch in tail.read_to(tail.present_ends(), _PATIENCE_S):
                count += len(batch)
                status.update(f"reading {_named(partitions)}: {count:,} messages")
                yield from batch
    finally:
        tail.close()


def all_partitions(topic: str, count: int) -> list[Partition]:
    """Every partition of a topic with `count` of them."""
    return [Partition(topic, number) for number in range(count)]


def begins(source: Source, partitions: Iterable[Partition]) -> dict[Partition, int]:
    """The first offset that each still holds, or its end where it holds nothing."""
    asked = {
        TopicPartition(*p): OffsetSpec.earliest()  # type: ignore[no-untyped-call]
        for p in partitions
    }
    # Named, because an admin client that goes away takes its answers with it.
    admin = source.admin()
    answers = admin.list_offsets(asked, request_timeout=_ANSWER_S) if asked else {}
    return {Partition(tp.topic, tp.partition): answer.result().offset for tp, answer in answers.items()}


def event_in(source: Source, message: Read) -> Event | None:
    """The event in a message; None where it is a tombstone or cannot be read."""
    if message.value is None:
        return None
    try:
        ce_type = text(read_headers(message.headers), "ce_type")
        return source.codec.decode(message.value, ce_type, own_registry=False)
    except Undecodable:
        return None


def _named(partitions: Sequence[Partition]) -> str:
    return ", ".join(sorted({partition.topic for partition in partitions}))
