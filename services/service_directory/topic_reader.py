"""Reads the topic `directory` from its beginning: what stands there is what the directory is built from."""

import logging
import threading
from collections.abc import Iterable

from confluent_kafka import KafkaException

from referral_exchange.codec import Codec, Undecodable
from referral_exchange.directory import Entry, entry_key
from referral_exchange.message import read_headers, signed_bytes, text
from referral_exchange.runtime import clients
from referral_exchange.runtime.tail import EndNotReached, Partition, Read, Tail
from referral_exchange.signing import verifies
from referral_exchange.topics import committed_topics
from service_directory.book import Book
from service_directory.database import StoreUnavailable

_WAIT_S = 0.5
_PAUSE_S = 2.0
_END_S = 30.0
_AT_ONCE = 1000

log = logging.getLogger(__name__)


class TopicReader:
    """Adopts what was listed by this service's key, by whichever process; nothing else may list."""

    def __init__(self, tail: Tail, codec: Codec, book: Book, own_key: bytes) -> None:
        """`own_key`: raw Ed25519 public key of the service."""
        self._tail = tail
        self._codec = codec
        self._book = book
        self._own_key = own_key
        self._seen: set[str] = set()
        self.complete = False
        """Whether the topic was read to the end it had at the start."""

    def read_to_end(self) -> None:
        """Adopts all that stands there now, then queues what it lacks.

        Raises EndNotReached, KafkaException, StoreUnavailable.
        """
        for batch in self._tail.read_to(self._tail.present_ends(_END_S), _END_S):
            self._take(batch)
        queued = self._book.republish(frozenset(self._seen))
        if queued:
            log.warning("the topic lacked %d listings; they are published again", queued)
        self.complete = True

    def step(self, wait_s: float = 0.0) -> int:
        """Adopts what has come since; how many messages. Raises KafkaException, StoreUnavailable."""
        batch = self._tail.take(_AT_ONCE, wait_s)
        self._take(batch)
        return len(batch)

    def run(self, stop: threading.Event) -> None:
        """Reads until `stop`. A broker or database that is away is waited for."""
        while not stop.is_set():
            try:
                if self.complete:
                    self.step(_WAIT_S)
                else:
                    self.read_to_end()
            except KafkaException as error:
                log.error("the directory cannot be read (%s); trying again", error.args[0].name())
                stop.wait(_PAUSE_S)
            except (EndNotReached, StoreUnavailable) as error:
                log.error("the directory cannot be read (%s); trying again", error)
                stop.wait(_PAUSE_S)

    def close(self) -> None:
        """Leaves the broker."""
        self._tail.close()

    def _take(self, batch: Iterable[Read]) -> None:
        entries = [entry for read in batch if (entry := self._entry(read)) is not None]
        if entries:
            self._book.adopt(entries)
            self._seen |= {entry_key(entry) for entry in entries}

    def _entry(self, read: Read) -> Entry | None:
        if read.value is None:
            return None
        named = read_headers(read.headers)
        key = (read.key or b"").decode(errors="replace")
        covered = signed_bytes(text(named, "ce_type"), key, "", read.value)
        try:
            event = self._codec.decode(read.value, text(named, "ce_type"), own_registry=False)
        except Undecodable as error:
            self._ignored(read, str(error))
            return None
        if not isinstance(event, Entry) or entry_key(event) != key:
            self._ignored(read, "no listing, or under another key")
            return None
        if not verifies(self._own_key, named.get("signature", b""), covered):
            self._ignored(read, "not signed by this service's key")
            return None
        return event

    def _ignored(self, read: Read, why: str) -> None:
        log.error("directory[%d] offset %d ignored: %s", read.partition.number, read.offset, why)


def reader(kafka: clients.Kafka, codec: Codec, book: Book, own_key: bytes) -> TopicReader:
    """A reader of the whole topic."""
    topic = committed_topics()["directory"]
    tail = Tail(clients.consumer(kafka, "service_directory.directory"), clients.admin(kafka))
    tail.assign({Partition(topic.name, number): 0 for number in range(topic.partitions)})
    return TopicReader(tail, codec, book, own_key)
