"""Puts events on real topics as their owners would, for tests of what only reads."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from exchange_command.platform import Platform
from referral_exchange import catalog, registry
from referral_exchange.codec import Codec
from referral_exchange.events import Event
from referral_exchange.message import Envelope, Message, headers
from referral_exchange.runtime import AckedProducer
from referral_exchange.signing import ProgrammeSigner


class Writer:
    """Writes on a platform's topics; one connection for all that a test says."""

    def __init__(self, platform: Platform, schema_ids: Mapping[str, int] | None = None) -> None:
        places = platform.places
        tls = places.tls("administrator")
        found = schema_ids or registry.look_up_all(places.registry_url, catalog.committed(), tls)
        self.codec = Codec(catalog.committed(), found)
        self._kafka = places.kafka("administrator")

    def put(self, *messages: Message) -> None:
        """Returns once all stand."""
        with AckedProducer(self._kafka) as producer:
            producer.produce_and_wait(messages)

    def plain(self, topic: str, key: str, event: Event, partition: int | None = None) -> Message:
        """An event as the router keeps it: only its type beside it."""
        named = {"ce_type": event.RECORD.encode()}
        return Message(topic, key, self.codec.encode(event), named, partition)

    def signed(self, topic: str, key: str, event: Event, at: datetime, programmes: Sequence[str]) -> Message:
        """An event signed by the first of `programmes` for the second."""
        signer = ProgrammeSigner(programmes[0], "1", Ed25519PrivateKey.generate())
        value = self.codec.encode(event)
        envelope = Envelope(event.RECORD, getattr(event, "event_id"), at, key, programmes[1])  # noqa: B009
        return Message(topic, key, value, headers(envelope, value, signer))


def tombstone(topic: str, key: str) -> Message:
    """Forgets what stands under `key`."""
    return Message(topic, key, None, {})


def garbage(topic: str, partition: int, value: bytes) -> Message:
    """Bytes that are no event, with text in headers that nobody may ever be shown."""
    return Message(topic, "no-key", value, {"note": b"invented canary"}, partition)
