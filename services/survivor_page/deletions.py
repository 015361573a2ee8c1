"""What recipients said became of what they had opened: read from the router's progress, kept in memory."""

import logging
import threading

from confluent_kafka import Consumer, KafkaException

from referral_exchange.codec import Codec, Undecodable
from referral_exchange.events import ReferralProgressed
from referral_exchange.message import read_headers, text
from referral_exchange.runtime import clients
from referral_exchange.runtime.renewal import Renewal
from referral_exchange.runtime.tail import Partition, Read, Tail
from referral_exchange.topics import committed_topics
from survivor_page.rules import Purged

_GROUP = "survivor_page.progress"
"""Only named; nothing is committed, and each start reads from the beginning."""

_PAUSE_S = 1.0
log = logging.getLogger(__name__)


class Deletions:
    """One thread runs `run`; any may ask."""

    def __init__(self, kafka: clients.Kafka, codec: Codec) -> None:
        """Connects when it runs."""
        self._kafka, self._codec = kafka, codec
        self._renewal = Renewal(kafka)
        self._found: dict[str, Purged] = {}
        self._tail: Tail | None = None

    def of(self, referral_id: str) -> Purged | None:
        """The last answer; None where there is none yet, or none within 90 days."""
        return self._found.get(referral_id)

    def step(self, wait_s: float = 0.5) -> int:
        """Takes what has come; how many messages. Raises KafkaException."""
        tail = self._tail = self._renewed(self._tail or self._begun())
        batch = tail.take(1000, wait_s)
        for message in batch:
            self._take(message)
        return len(batch)

    def run(self, stop: threading.Event) -> None:
        """Steps until `stop`. A broker that is away is waited for: the page says that no word came."""
        try:
            while not stop.is_set():
                try:
                    self.step()
                except KafkaException as error:
                    log.warning("answers about deletion wait (%s)", error.args[0].name())
                    stop.wait(_PAUSE_S)
        finally:
            if self._tail is not None:
                self._tail.close()

    def take(self, event: ReferralProgressed) -> None:
        """Remembers an answer about deletion, and of other steps nothing."""
        if event.purge is not None:
            self._found[event.referral_id] = Purged(event.purge, event.occurred_at)

    def _take(self, message: Read) -> None:
        if message.value is None:
            return
        try:
            ce_type = text(read_headers(message.headers), "ce_type")
            event = self._codec.decode(message.value, ce_type, own_registry=False)
        except Undecodable as error:
            where = message.partition
            log.error("%s[%d] offset %d: %s; left out", *where, message.offset, error.code)
            return
        if isinstance(event, ReferralProgressed):
            self.take(event)

    def _begun(self) -> Tail:
        topic = committed_topics()["referral-progress"]
        tail = Tail(self._consumer(), clients.admin(self._kafka))
        tail.assign({Partition(topic.name, number): -1 for number in range(topic.partitions)})
        return tail

    def _renewed(self, tail: Tail) -> Tail:
        consumer = self._renewal.of(self._consumer)
        return tail if consumer is None else tail.handed_to(consumer, clients.admin(self._kafka))

    def _consumer(self) -> Consumer:
        return clients.consumer(self._kafka, _GROUP)
