"""The participant's inbox on Kafka: one reader, offsets committed to the group `<participant>.edge`."""

import logging
import threading
from collections.abc import Mapping

from confluent_kafka import Consumer, KafkaException, TopicPartition

from referral_exchange.runtime import clients
from referral_exchange.runtime.renewal import Renewal
from referral_exchange.runtime.tail import Partition, Read, Tail
from referral_exchange.topics import committed_topics, inbox

_LOG = logging.getLogger(__name__)
_PAUSE_S = 0.5
_END_MS = 100


class KafkaInbox:
    """Assigned by hand: the data folder's lock admits one process, so a restart waits for no session to end.

    Connects at the first `take`, and again at each until the broker has told the committed offsets.
    """

    def __init__(self, kafka: clients.Kafka, participant: str) -> None:
        """Nothing is asked of the broker yet."""
        self._topic = inbox(participant)
        self._kafka, self._group = kafka, f"{participant}.edge"
        self._renewal = Renewal(kafka)
        self._consumer = self._made()
        self._tail = Tail(self._consumer, clients.admin(kafka))
        self._closed = threading.Event()

    def take(self, most: int, wait_s: float) -> list[Read]:
        """Up to `most` messages, waiting `wait_s` for the first. Takes new certificate files before."""
        if (renewed := self._renewal.of(self._made)) is not None:
            self._tail = self._tail.handed_to(renewed, clients.admin(self._kafka))
            self._consumer = renewed
        return self._tail.take(most, wait_s) if self._assigned() else []

    @property
    def reached(self) -> Mapping[Partition, int]:
        """The next offset to take, by partition."""
        return self._tail.reached

    def present_ends(self) -> Mapping[Partition, int]:
        """Where it ends now, by partition; empty where the broker does not say."""
        try:
            return self._tail.present_ends(2.0)
        except KafkaException:
            return {}

    def commit(self) -> None:
        """Commits what was taken. A failure costs a second reading, whose doubles are known."""
        offsets = [TopicPartition(*partition, offset) for partition, offset in self._tail.reached.items()]
        try:
            self._consumer.commit(offsets=offsets, asynchronous=False)
        except KafkaException as error:
            _LOG.warning("the inbox offset was not committed: %s", error.args[0].name())

    def close(self) -> None:
        """Leaves the broker."""
        self._closed.set()
        self._tail.close()

    def _made(self) -> Consumer:
        # That the end is reached shows only once the broker has had nothing to add for this long. An inbox
        # where nothing comes asks as often: shorter waits cost the broker more than all that it carries.
        return clients.consumer(self._kafka, self._group, **{"fetch.wait.max.ms": _END_MS})

    def _assigned(self) -> bool:
        """Goes on where the group's committed offsets stand; False while the broker does not tell them."""
        if self._tail.reached:
            return True
        numbers = range(committed_topics()["inbox"].partitions)
        try:
            committed = self._consumer.committed(
                [TopicPartition(self._topic, n) for n in numbers], timeout=5.0
            )
        except KafkaException:
            self._closed.wait(_PAUSE_S)
            return False
        self._tail.assign({Partition(each.topic, each.partition): each.offset for each in committed})
        return True
