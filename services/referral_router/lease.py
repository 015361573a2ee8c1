"""Which partitions are this process's: the group's subscription to the records, read by nobody."""

import logging
import threading
from collections.abc import Callable
from typing import Any

from confluent_kafka import Consumer, KafkaError, TopicPartition

from referral_exchange.runtime import clients
from referral_exchange.topics import committed_topics
from referral_router.inputs import GROUP

_LOG = logging.getLogger(__name__)

_KNOWN_WITHIN_S = 10.0

Numbers = Callable[[list[int]], None]


class LeaseLost(Exception):
    """Another process runs under this one's instance name, or the group will not have it. It must stop."""


class Lease:
    """A member of the group with a name that survives a restart: back within the session, same partitions."""

    def __init__(
        self, kafka: clients.Kafka, instance: str, session_s: float, gained: Numbers, lost: Numbers
    ) -> None:
        """`gained` and `lost` are called from within `poll`; `lost` returns when all are left."""
        session_ms = round(session_s * 1000)
        self._known = threading.Event()
        self._metadata: Any = None
        self._consumer = clients.consumer(
            kafka,
            GROUP,
            **{
                "group.protocol": "classic",
                "group.instance.id": f"{GROUP}.{instance}",
                "session.timeout.ms": session_ms,
                "heartbeat.interval.ms": max(100, session_ms // 6),
                "partition.assignment.strategy": "cooperative-sticky",
                "enable.partition.eof": False,
            },
        )
        self._gained = gained
        self._lost = lost
        self.held = False
        """Whether the group has answered at all; it may have answered with nothing."""
        records = committed_topics()["referral-records"].name
        self._consumer.subscribe(
            [records], on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost
        )

    def poll(self, wait_s: float) -> None:
        """Serves what the group has to say. Raises LeaseLost."""
        message = self._consumer.poll(wait_s)
        self._learn()
        error = message.error() if message is not None else None
        if error is None:
            return
        if error.fatal() or error.code() in (KafkaError._FATAL, KafkaError.FENCED_INSTANCE_ID):
            raise LeaseLost("another process runs under this instance name; give each its own")
        _LOG.warning("%s from the group", error.name())

    def metadata(self) -> Any:
        """Member and generation, for the transactions' offsets: the group refuses those of an old owner.

        As of the last `poll`: the client serves one call at a time, so a thread that asked it while another
        polls would wait for ever. Raises LeaseLost where none came.
        """
        if not self._known.wait(_KNOWN_WITHIN_S):
            raise LeaseLost(f"the group told no generation within {_KNOWN_WITHIN_S} s")
        return self._metadata

    def close(self) -> None:
        """Stops. A named member does not leave: its partitions wait for it for one session."""
        self._consumer.close()

    def _learn(self) -> None:
        if self.held:
            self._metadata = self._consumer.consumer_group_metadata()
            self._known.set()

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        consumer.incremental_assign(partitions)
        consumer.pause(partitions)  # held, not read
        self.held = True
        self._known.clear()  # a new generation, known when this poll returns
        self._gained(_numbers("gained", partitions))

    def _on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._lost(_numbers("handed over", partitions))
        consumer.incremental_unassign(partitions)

    def _on_lost(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._lost(_numbers("lost", partitions))
        consumer.incremental_unassign(partitions)


def _numbers(what: str, partitions: list[TopicPartition]) -> list[int]:
    numbers = sorted(partition.partition for partition in partitions)
    _LOG.info("partitions %s: %s", what, numbers)
    return numbers
