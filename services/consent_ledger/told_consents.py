"""What the topic `consents` tells of each consent: the ends that a restored ledger must not forget."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from consent_ledger.facts import Told
from consent_ledger.records import Missing
from referral_exchange.codec import Codec
from referral_exchange.events import ConsentExpired, ConsentGiven, ConsentWithdrawn, Event, GroundRecorded
from referral_exchange.message import read_headers, text
from referral_exchange.runtime import clients
from referral_exchange.runtime.tail import Partition, Read, Tail
from referral_exchange.topics import committed_topics

_PATIENCE_S = 30.0


@dataclass(slots=True)
class ToldConsent:
    """One consent as the topic has it. `ended`: how; the person's word stands above a date."""

    referral_id: str
    discloser: str
    recipient: str
    ended: Literal["withdrawn", "expired"] | None = None
    ended_at: datetime | None = None
    event_ids: set[str] = field(default_factory=set)

    def missing(self, consent_id: str) -> Missing:
        """As one that the backup does not hold."""
        return Missing(
            consent_id=consent_id,
            referral_id=self.referral_id,
            discloser=self.discloser,
            recipient=self.recipient,
            ended_at=self.ended_at,
        )


ToldConsents = Mapping[str, ToldConsent]


def gather(told: Iterable[Event]) -> dict[str, ToldConsent]:
    """By consent id. An end counts wherever it stands: nothing that was said after it revives."""
    found: dict[str, ToldConsent] = {}
    for event in told:
        if isinstance(event, ConsentGiven | GroundRecorded | ConsentWithdrawn | ConsentExpired):
            _add(found, event)
    return found


def read(kafka: clients.Kafka, codec: Codec, group: str) -> dict[str, ToldConsent]:
    """Reads the topic to its present end. Raises KafkaException, EndNotReached, Undecodable."""
    topic = committed_topics()["consents"]
    tail = Tail(clients.consumer(kafka, group), clients.admin(kafka))
    try:
        tail.assign({Partition(topic.name, number): -1 for number in range(topic.partitions)})
        batches = tail.read_to(tail.present_ends(_PATIENCE_S), _PATIENCE_S)
        return gather(_event(codec, read) for batch in batches for read in batch if read.value is not None)
    finally:
        tail.close()


def _event(codec: Codec, read: Read) -> Event:
    named: Mapping[str, Any] = read_headers(read.headers)
    # The registry may have been made anew since, with other ids.
    return codec.decode(read.value, text(named, "ce_type"), own_registry=False)


def _add(found: dict[str, ToldConsent], event: Told) -> None:
    new = ToldConsent(event.referral_id, event.programme_from, event.programme_to)
    one = found.setdefault(event.consent_id, new)
    one.event_ids.add(event.event_id)
    if isinstance(event, ConsentWithdrawn):
        one.ended, one.ended_at = "withdrawn", event.occurred_at
    elif isinstance(event, ConsentExpired) and one.ended is None:
        one.ended, one.ended_at = "expired", event.occurred_at
