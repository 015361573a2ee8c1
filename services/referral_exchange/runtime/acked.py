"""Produces and answers only once the broker has acknowledged, for edges and the ledger's outbox."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka import Message as Report

from referral_exchange.message import Message
from referral_exchange.runtime import clients
from referral_exchange.runtime.renewal import Renewal

_DEFINITE = frozenset(
    {
        KafkaError.MSG_SIZE_TOO_LARGE,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._UNKNOWN_TOPIC,
        KafkaError._UNKNOWN_PARTITION,
        KafkaError.INVALID_RECORD,
    }
)


_POLL_S, _BRIEFLY_S = 0.2, 0.005


class OutcomeUnknown(Exception):
    """Not acknowledged in time: it may or may not stand in the log. Produce the same messages again."""


class ProduceRefused(Exception):
    """The broker or the client will never take a message; the text names the Kafka error and the topic."""


@dataclass(slots=True)
class _Wait:
    left: int
    done: threading.Event
    error: KafkaError | None = None
    topic: str = ""

    def told(self, error: KafkaError | None, report: Report) -> None:
        """A delivery report; only one thread serves them."""
        if error is not None and (self.error is None or error.code() in _DEFINITE):
            self.error, self.topic = error, report.topic() or ""
        self.left -= 1
        if self.left == 0:
            self.done.set()


class AckedProducer:
    """An idempotent producer shared by threads. One thread of its own serves delivery reports.

    Replaced certificate files are taken without a stop.
    """

    def __init__(self, kafka: clients.Kafka, *, delivery_timeout_s: float = 10.0) -> None:
        """Connects in the background; `delivery_timeout_s` is when librdkafka gives a message up."""
        self._kafka = kafka
        self._delivery_timeout_s = delivery_timeout_s
        self._lock = threading.Lock()
        self._renewal = Renewal(kafka)
        self._producer = self._made()
        self._retired: list[tuple[Producer, float]] = []
        """Those that were replaced with messages under way, and how long they are kept at least."""
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="acked-producer", daemon=True)
        self._thread.start()

    def produce_and_wait(self, messages: Sequence[Message], timeout_s: float = 10.0) -> None:
        """Returns once every message is acknowledged by all in-sync replicas.

        Raises OutcomeUnknown when that is not known within `timeout_s` (some, all or none may stand),
        ProduceRefused when a message can never be taken (others of the call may stand).
        """
        if not messages:
            return
        wait = _Wait(len(messages), threading.Event())
        deadline = time.monotonic() + timeout_s
        producer = self._producer
        for message in messages:
            self._hand_over(producer, message, wait, deadline)
        if not wait.done.wait(max(0.0, deadline - time.monotonic())):
            raise OutcomeUnknown(f"no acknowledgement within {timeout_s} s; repeat with the same ids")
        if wait.error is not None:
            self._fail(producer, wait.error, wait.topic)

    def close(self, timeout_s: float = 5.0) -> None:
        """Stops; waits for what is under way."""
        self._closed.set()
        self._thread.join()
        for producer in (self._producer, *(each for each, _ in self._retired)):
            producer.flush(timeout_s)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes."""
        self.close()

    def _serve(self) -> None:
        while not self._closed.is_set():
            self._producer.poll(_BRIEFLY_S if self._retired else _POLL_S)
            self._serve_retired()
            if (renewed := self._renewal.of(self._made)) is not None:
                with self._lock:
                    self._retired.append((self._producer, time.monotonic() + self._delivery_timeout_s))
                    self._producer = renewed

    def _serve_retired(self) -> None:
        """Whoever took one of them just before it was replaced still hears what became of its messages."""
        for producer, _ in self._retired:
            producer.poll(0)
        now = time.monotonic()
        self._retired = [(each, until) for each, until in self._retired if now < until or len(each)]

    def _made(self) -> Producer:
        return clients.producer(self._kafka, delivery_timeout_s=self._delivery_timeout_s)

    def _hand_over(self, producer: Producer, message: Message, wait: _Wait, deadline: float) -> None:
        while True:
            try:
                producer.produce(
                    message.topic,
                    key=message.key.encode(),
                    value=message.value,
                    headers=list(message.headers.items()),
                    partition=-1 if message.partition is None else message.partition,
                    on_delivery=wait.told,
                )
                return
            except BufferError:
                # Full of what the broker has not taken; the reports that free the queue wake nobody.
                if self._closed.wait(0.01) or time.monotonic() > deadline:
                    raise OutcomeUnknown("the queue to Kafka is full; repeat with the same ids") from None
            except KafkaException as error:
                self._fail(producer, error.args[0], message.topic)

    def _fail(self, producer: Producer, error: KafkaError, topic: str) -> None:
        if error.fatal() or error.code() == KafkaError._FATAL:
            self._replace(producer)
        if error.code() in _DEFINITE:
            raise ProduceRefused(f"{topic}: {error.name()}") from None
        raise OutcomeUnknown(f"{topic}: {error.name()}; repeat with the same ids") from None

    def _replace(self, broken: Producer) -> None:
        """Whoever still waits on the broken one hears nothing more and repeats."""
        with self._lock:
            if self._producer is broken:
                self._producer = self._made()
