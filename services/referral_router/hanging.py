"""Ends transactions that a broker left open for ever, so that nothing behind them waits for ever.

A broker that was down for longer than a transaction may last gives it up while it starts, before it leads the
partitions again: the end is noted and its marker is lost (Kafka 4.3.1; decision 16). From there on nobody
who reads what is committed gets past that place, and fencing helps nothing: for the broker it is over.
Another transaction of the same producer through the same places, aborted, brings the marker that is missing.
"""

import logging
from collections.abc import Callable, Iterable
from typing import Any

from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from referral_exchange.runtime.tail import Partition, present_ends, stable_ends
from referral_exchange.topics import committed_topics, inbox
from referral_router.transactions import Transactions

_LOG = logging.getLogger(__name__)

_KINDS = committed_topics()
_OWN = ("referral-records", "referral-progress")
_ANYWHERE = ("quarantine", "operations")


def written(number: int, participants: Iterable[str]) -> list[Partition]:
    """Everything that the owner of partition `number` may write."""
    own = [Partition(_KINDS[kind].name, number) for kind in _OWN]
    anywhere = [Partition(_KINDS[k].name, n) for k in _ANYWHERE for n in range(_KINDS[k].partitions)]
    return [*own, *anywhere, *(Partition(inbox(participant), 0) for participant in participants)]


def held_back(admin: AdminClient, partitions: list[Partition], timeout_s: float) -> list[Partition]:
    """Those in which a transaction is open, of whomever. Raises KafkaException."""
    # In this order: what is committed in between looks open, never the other way round.
    stable, ends = stable_ends(admin, partitions, timeout_s), present_ends(admin, partitions, timeout_s)
    return [partition for partition in partitions if stable[partition] < ends[partition]]


def end_what_hangs(
    transactions: Transactions,
    held: list[Partition],
    offset: TopicPartition,
    group: Callable[[], Any],
) -> None:
    """Goes through `held`, and the group's offsets, in a transaction that is aborted.

    `transactions` is new, so what its producer had open before is over, or hangs. Where another one is at
    work in the same place, this changes nothing for it. Raises Fenced, MustAbort, InDoubt.
    """
    _LOG.warning("a transaction stands open in %d places; it is ended", len(held))
    produce = transactions.begin()
    for partition in held:
        produce(partition.topic, None, "nothing", partition.number, headers=[])
    transactions.send_back([offset], group)
