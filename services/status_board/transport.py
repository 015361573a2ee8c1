"""Kafka for the board: Faust's own driver, made to read committed data only."""

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import faust
from aiokafka import AIOKafkaConsumer
from faust.auth import SASLCredentials, SSLCredentials
from faust.transport.drivers import aiokafka as driver
from faust.types.auth import CredentialsT

from referral_exchange.settings import SettingsError

GROUP = "status_board"
"""Consumer group, and with the table's name the name of the changelog topic."""

_KNOWN = {
    "bootstrap.servers",
    "security.protocol",
    "ssl.ca.location",
    "ssl.certificate.location",
    "ssl.key.location",
    "ssl.key.password",
    "sasl.mechanism",
    "sasl.username",
    "sasl.password",
}


class _Thread(driver.AIOKafkaConsumerThread):
    def _create_worker_consumer(self, transport: driver.Transport) -> AIOKafkaConsumer:
        # Faust reads committed data only inside its own transactions, which fail on Kafka 4. aiokafka looks
        # at this field when the consumer starts, after this; a test on the real broker watches over it.
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"
        return consumer


class _Consumer(driver.Consumer):
    def _new_consumer_thread(self) -> _Thread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)


class ReadCommitted(driver.Transport):
    """A referral whose step was aborted never took it, so the board never shows it."""

    Consumer = _Consumer


def new_app(kafka: Mapping[str, Any], data: Path) -> faust.App:
    """The Faust app. Nothing connects before `start`. Raises SettingsError for a setting it cannot follow."""
    app = faust.App(
        GROUP,
        broker=[f"aiokafka://{address}" for address in _addresses(kafka)],
        broker_credentials=credentials(kafka),
        autodiscover=False,
        datadir=data,
        store="memory://",
        web_enabled=False,
        # Topics are made by `exchange up`, with the partitions that topic.toml says.
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_partitions=6,
        stream_wait_empty=False,
        consumer_auto_offset_reset="earliest",
        # The shortest a broker allows: after a crash the new board waits this long for the old one.
        broker_session_timeout=6.0,
        broker_heartbeat_interval=2.0,
        broker_commit_interval=1.0,
        # A row is a few kB: with aiokafka's batches of 16 kB every few rows would wait for the broker.
        producer_max_batch_size=512 * 1024,
        producer_compression_type="lz4",
    )
    app.transport = ReadCommitted(app.conf.broker_consumer, app)
    return app


def credentials(kafka: Mapping[str, Any]) -> CredentialsT | None:
    """What librdkafka's settings mean to Faust; None for plain text without a name."""
    if unknown := set(kafka) - _KNOWN:
        raise SettingsError(
            f"[kafka] {', '.join(sorted(unknown))}: status_board understands {sorted(_KNOWN)}"
        )
    protocol = str(kafka.get("security.protocol", "PLAINTEXT")).upper()
    context = _context(kafka) if protocol.endswith("SSL") else None
    if protocol.startswith("SASL_"):
        return SASLCredentials(
            username=kafka.get("sasl.username"),
            password=kafka.get("sasl.password"),
            mechanism=kafka.get("sasl.mechanism", "PLAIN"),
            ssl_context=context,
        )
    return SSLCredentials(context) if context else None


def _addresses(kafka: Mapping[str, Any]) -> list[str]:
    return [address.strip() for address in str(kafka["bootstrap.servers"]).split(",")]


def _context(kafka: Mapping[str, Any]) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=kafka.get("ssl.ca.location"))
    if certificate := kafka.get("ssl.certificate.location"):
        context.load_cert_chain(certificate, kafka.get("ssl.key.location"), kafka.get("ssl.key.password"))
    return context
