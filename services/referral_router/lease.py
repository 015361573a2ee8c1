"""Which partitions are this process's: the group's subscription to the records, read by nobody."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from confluent_kafka import Consumer, KafkaError, TopicPartition

from referral_exchange.runtime import clients
from referral_exchange.topics import committed_topics
from referral_router.inputs import GROUP

_LOG = logging.getLogger(__name__)

_KNOWN_WITHIN_S = 10.0

_FENCED = (KafkaError._FATAL, KafkaError.FENCED_INSTANCE_ID)
_SOON_S = 60.0

Numbers = Callable[[list[int]], None]


class LeaseLost(Exception):
    """Another process runs under this one's instance name. One of the two must stop."""


class Lease:
    """A member of the group with a name that survives a restart: back within the session, same partitions.

    After an outage of the broker a member may be fenced by its own repeated attempt to join, so once in a
    while it simply joins anew. Fenced again soon, it is fenced by somebody else, and gives way.
    """

    def __init__(
        self, kafka: clients.Kafka, instance: str, session_s: float, gained: Numbers, lost: Numbers
    ) -> None:
        """`gained` and `lost` are called from within `poll`; `lost` returns when all are left."""
        self._kafka = kafka
        self._instance = instance
        self._session_s = session_s
        self._gained = gained
        self._lost = lost
        self._owned: set[int] = set()
        self._fenced_at = -_SOON_S
        self._known = threading.Event()
        self._metadata: Any = None
        self.held = False
        """Whether the group has answered at all; it may have answered with nothing."""
        self._consumer = self._joined()

    def poll(self, wait_s: float) -> None:
        """Serves what the group has to say. Raises LeaseLost."""
        message = self._consumer.poll(wait_s)
        self._learn()
        error = message.error() if message is not None else None
        if error is None:
            return
        if error.fatal() or error.code() in _FENCED:
            self._join_again()
        else:
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

    def _joined(self) -> Consumer:
        session_ms = round(self._session_s * 1000)
        consumer = clients.consumer(
            self._kafka,
            GROUP,
            **{
                "group.protocol": "classic",
                "group.instance.id": f"{GROUP}.{self._instance}",
                "session.timeout.ms": session_ms,
                "heartbeat.interval.ms": max(100, session_ms // 6),
                "partition.assignment.strategy": "cooperative-sticky",
                "enable.partition.eof": False,
            },
        )
        records = committed_topics()["referral-records"].name
        consumer.subscribe(
            [records], on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost
        )
        return consumer

    def _join_again(self) -> None:
        self._leave("fenced from", sorted(self._owned))
        self.held = False
        self._known.clear()
        since, self._fenced_at = time.monotonic() - self._fenced_at, time.monotonic()
        if since < _SOON_S:
            raise LeaseLost(
                f"another process is called {self._instance} too; give each its own instance name"
            )
        self._consumer.close()
        self._consumer = self._joined()

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        consumer.incremental_assign(partitions)
        consumer.pause(partitions)  # held, not read
        numbers = sorted(partition.partition for partition in partitions)
        _LOG.info("partitions gained: %s", numbers)
        self.held = True
        self._known.clear()  # a new generation, known when this poll returns
        self._owned.update(numbers)
        self._gained(numbers)

    def _on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._leave("handed over", [partition.partition for partition in partitions])
        consumer.incremental_unassign(partitions)

    def _on_lost(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._leave("lost", [partition.partition for partition in partitions])
        consumer.incremental_unassign(partitions)

    def _leave(self, how: str, numbers: list[int]) -> None:
        _LOG.info("partitions %s: %s", how, sorted(numbers))
        self._owned.difference_update(numbers)
        self._lost(numbers)
