"""The principal `operator` at the broker: reads every topic and holds no key."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, KafkaError, TopicPartition

from referral_exchange.message import header_pairs, read_headers, text
from referral_exchange.runtime import clients

OnMessage = Callable[[str, str, bytes], None]
"""Called with topic, event type and value."""


@dataclass(slots=True)
class BrokerView:
    """Follows every topic from now on, then can read everything that stands there."""

    kafka: Mapping[str, Any]
    on_message: OnMessage
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Starts following; returns once every partition is assigned."""
        consumer = self._consumer(OFFSET_END)
        self._thread = threading.Thread(target=self._follow, args=(consumer,), name="broker-view")
        self._thread.start()

    def stop(self) -> None:
        """Ends the following."""
        self._stop.set()
        if self._thread:
            self._thread.join()

    def everything(self) -> bytes:
        """All keys, header values and values on all topics, as one haystack to look for details in."""
        consumer = self._consumer(OFFSET_BEGINNING)
        open_partitions = len(consumer.assignment())
        pieces: list[bytes] = []
        while open_partitions:
            for message in consumer.consume(1000, 1.0):
                if (error := message.error()) is not None:
                    open_partitions -= error.code() == KafkaError._PARTITION_EOF
                    continue
                pieces += [message.key() or b"", message.value() or b""]
                pieces += [value for _, value in header_pairs(message.headers())]
        consumer.close()
        return b"\n".join(pieces)

    def written(self, topic: str) -> int:
        """How many messages were ever written to `topic`."""
        consumer = self._connected()
        partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        ends = [consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=10) for p in partitions]
        consumer.close()
        return sum(end[1] for end in ends if end)

    def _connected(self, **own: Any) -> Consumer:
        return clients.consumer(
            self.kafka, "operator", **{"client.id": "operator", "isolation.level": "read_uncommitted", **own}
        )

    def _consumer(self, where: int) -> Consumer:
        consumer = self._connected(**{"enable.partition.eof": where == OFFSET_BEGINNING})
        topics = consumer.list_topics(timeout=10).topics
        ours = {name: topic for name, topic in topics.items() if not name.startswith("__")}
        consumer.assign(
            [TopicPartition(name, p, where) for name, topic in ours.items() for p in topic.partitions]
        )
        return consumer

    def _follow(self, consumer: Consumer) -> None:
        while not self._stop.is_set():
            for message in consumer.consume(100, 0.2):
                value = message.value()
                if message.error() is None and value is not None:
                    kind = text(read_headers(message.headers()), "ce_type")
                    self.on_message(str(message.topic()), kind, value)
        consumer.close()
