"""Follows the topic `directory` from its beginning, for whoever needs to know the programmes."""

import logging
import threading

from confluent_kafka import Consumer

from referral_exchange import directory, topics
from referral_exchange.codec import Codec, Undecodable
from referral_exchange.message import read_headers, text
from referral_exchange.runtime import clients
from referral_exchange.runtime.renewal import Renewal
from referral_exchange.runtime.tail import EndNotReached, Partition, Read, Tail

_LOG = logging.getLogger(__name__)


class DirectoryFollower:
    """The directory as it stands, read by one consumer that any thread may move on."""

    def __init__(self, kafka: clients.Kafka, codec: Codec, group: str) -> None:
        """`group` is only named, nothing is committed; a participant names one of its own prefix."""
        listed = topics.committed_topics()["directory"]
        self._codec = codec
        self._lock = threading.Lock()
        self._kafka, self._group = kafka, group
        self._renewal = Renewal(kafka)
        self._tail = Tail(self._consumer(), clients.admin(kafka))
        self._tail.assign({Partition(listed.name, number): 0 for number in range(listed.partitions)})
        self._first_end: dict[Partition, int] | None = None
        self.directory = directory.Directory()
        """What is known so far. Readers need no lock: a listing is put in place whole."""
        self.version = 0
        """Grows with every listing that was read."""

    def step(self, wait_s: float = 0.0) -> int:
        """Takes what has come, waiting at most `wait_s` for the first; how many listings."""
        with self._lock:
            self._renew()
            return self._apply(self._tail.take(1000, wait_s))

    def caught_up(self) -> bool:
        """Whether all that stood in the topic when this was first asked has been read."""
        with self._lock:
            if self._first_end is None:
                self._first_end = self._tail.present_ends()
            return all(self._tail.reached[p] >= end for p, end in self._first_end.items())

    def read_to_present_end(self, timeout_s: float = 10.0) -> None:
        """Returns once all that stands in the topic now has been read. Raises EndNotReached."""
        with self._lock:
            self._renew()
            for batch in self._tail.read_to(self._tail.present_ends(timeout_s), timeout_s):
                self._apply(batch)

    def close(self) -> None:
        """Leaves the broker."""
        with self._lock:
            self._tail.close()

    def _renew(self) -> None:
        """Goes on where it stands with new certificate files."""
        if (renewed := self._renewal.of(self._consumer)) is not None:
            self._tail = self._tail.handed_to(renewed, clients.admin(self._kafka))

    def _consumer(self) -> Consumer:
        return clients.consumer(self._kafka, self._group)

    def _apply(self, batch: list[Read]) -> int:
        for message in batch:
            self._apply_one(message)
        return len(batch)

    def _apply_one(self, message: Read) -> None:
        if message.value is None:
            return
        try:
            ce_type = text(read_headers(message.headers), "ce_type")
            # By its header alone: a registry made anew has other ids, and the listings stay what they are.
            event = self._codec.decode(message.value, ce_type, own_registry=False)
        except Undecodable as error:
            where = message.partition.number
            _LOG.error("directory[%d] offset %d: %s; list it again", where, message.offset, error)
            return
        self.directory.apply(event)
        self.version += 1


__all__ = ["DirectoryFollower", "EndNotReached"]
