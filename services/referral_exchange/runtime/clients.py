"""Settings of the Kafka clients, in one place: idempotent, read committed, quick to retry."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaError, Producer
from confluent_kafka.admin import AdminClient

from referral_exchange.runtime.quiet import OncePerWhile

Kafka = Mapping[str, Any]
"""The section `[kafka]` of a settings file; it overrides what stands here."""

Client = Producer | Consumer | AdminClient
"""What these functions make."""

OnError = Callable[[KafkaError], None]
"""Told of transport trouble that librdkafka itself repeats."""

_LOG = logging.getLogger("referral_exchange.kafka")
_LOG.addFilter(OncePerWhile())

_ALWAYS: dict[str, Any] = {"enable.metrics.push": False}
"""No client sends telemetry to the broker, whatever a settings file says."""

_EVERY: dict[str, Any] = {
    "socket.nagle.disable": True,
    "retry.backoff.ms": 2,
    "retry.backoff.max.ms": 10,
    "reconnect.backoff.ms": 50,
    "reconnect.backoff.max.ms": 1000,
    "log.connection.close": False,
}
_PRODUCER: dict[str, Any] = {
    "acks": "all",
    "enable.idempotence": True,
    "partitioner": "murmur2_random",  # Java's choice; librdkafka's default is another
    "compression.type": "lz4",
}
_CONSUMER: dict[str, Any] = {
    "isolation.level": "read_committed",
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "auto.offset.reset": "earliest",
    "enable.partition.eof": True,
    "fetch.queue.backoff.ms": 5,
    "fetch.error.backoff.ms": 50,
    "queued.max.messages.kbytes": 16384,
}


def producer(kafka: Kafka, *, delivery_timeout_s: float = 10.0) -> Producer:
    """An idempotent producer that gives a message up after `delivery_timeout_s`; sends at once."""
    own = {"linger.ms": 0, "delivery.timeout.ms": round(delivery_timeout_s * 1000)}
    return Producer({**_EVERY, **_PRODUCER, **own, **_watched(None), **kafka, **_ALWAYS})


def transactional_producer(
    kafka: Kafka, transactional_id: str, *, timeout_s: float, on_error: OnError
) -> Producer:
    """A producer of transactions; the broker aborts one that is left open for `timeout_s`."""
    limit = round(timeout_s * 1000)
    own = {
        "transactional.id": transactional_id,
        "transaction.timeout.ms": limit,
        "delivery.timeout.ms": limit,
        "socket.timeout.ms": limit,
        "linger.ms": 5,  # a flush does not wait for it
        "batch.num.messages": 10000,
        "queue.buffering.max.messages": 500000,
    }
    return Producer({**_EVERY, **_PRODUCER, **own, **_watched(on_error), **kafka, **_ALWAYS})


def consumer(kafka: Kafka, group: str, **own: Any) -> Consumer:
    """A read-committed consumer that commits nothing by itself. `own`: further librdkafka settings."""
    return Consumer({**_EVERY, **_CONSUMER, "group.id": group, **own, **_watched(None), **kafka, **_ALWAYS})


def admin(kafka: Kafka) -> AdminClient:
    """An administration client."""
    return AdminClient({**_EVERY, **_watched(None), **kafka, **_ALWAYS})


def _watched(on_error: OnError | None) -> dict[str, Any]:
    def told(error: KafkaError) -> None:
        # The name only: the text of an error may quote what it failed on.
        _LOG.warning("%s from the Kafka client%s", error.name(), ", fatal" if error.fatal() else "")
        if on_error is not None:
            on_error(error)

    return {"error_cb": told, "logger": _LOG}
