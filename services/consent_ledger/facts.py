"""The ledger's events for the topic `consents`, signed by the ledger, whole before they are committed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from consent_ledger.records import Consent, Fact, Missing
from referral_exchange import events, ids
from referral_exchange.codec import Codec
from referral_exchange.message import Envelope, Message, Signer, headers
from referral_exchange.topics import committed_topics, partition_of

Ending = type[events.ConsentWithdrawn] | type[events.ConsentExpired]
Told = events.ConsentGiven | events.GroundRecorded | events.ConsentWithdrawn | events.ConsentExpired


class LogSigner(Signer, Protocol):
    """The ledger itself; with `public` a stranger checks what it signed."""

    @property
    def public(self) -> bytes:
        """Raw Ed25519 public key, 32 bytes."""


@dataclass(frozen=True, slots=True)
class FactMaker:
    """Encodes and signs."""

    codec: Codec
    signer: LogSigner

    def given(self, consent: Consent, now: datetime, traceparent: str | None) -> Fact:
        """`ConsentGiven`, or `GroundRecorded`."""
        named = _named(consent, now)
        if consent.ground or consent.ends_at is None:
            return self._fact(events.GroundRecorded(**named, ends_at=consent.ends_at), traceparent)
        return self._fact(events.ConsentGiven(**named, ends_at=consent.ends_at), traceparent)

    def ended(
        self, kind: Ending, consent: Consent | Missing, now: datetime, traceparent: str | None = None
    ) -> Fact:
        """`ConsentWithdrawn` or `ConsentExpired`."""
        return self._fact(kind(**_named(consent, now)), traceparent)

    def _fact(self, event: Told, traceparent: str | None) -> Fact:
        value = self.codec.encode(event)
        envelope = Envelope(
            ce_type=event.RECORD,
            event_id=event.event_id,
            occurred_at=event.occurred_at,
            key=event.consent_id,
            programme_to=event.programme_to,
            traceparent=traceparent,
        )
        named = headers(envelope, value, self.signer)
        return Fact(event.event_id, event.consent_id, event.referral_id, named, value)


def _named(consent: Consent | Missing, now: datetime) -> dict[str, Any]:
    return {
        "event_id": ids.fresh(),
        "occurred_at": now,
        "programme_from": consent.discloser,
        "programme_to": consent.recipient,
        "referral_id": consent.referral_id,
        "consent_id": consent.consent_id,
    }


def message_of(fact: Fact) -> Message:
    """The record to produce: the same bytes each time."""
    topic = committed_topics()["consents"]
    return Message(
        topic=topic.name,
        key=fact.consent_id,
        value=fact.value,
        headers=fact.headers,
        partition=partition_of(fact.referral_id, topic.partitions),
    )
