"""A message as it was found: its routing fields, or the code that says why it has none."""

from typing import NamedTuple

from referral_exchange.codec import Undecodable
from referral_exchange.message import HEADER_NAMES
from referral_exchange.runtime.tail import Read
from referral_exchange.topics import committed_topics, partition_of
from referral_router.consents import Fact
from referral_router.referral import Incoming
from referral_router.wire import Routing, Wire, fingerprint

LISTED = committed_topics()["outbox"].events
"""Record names that an outbox may carry."""

PARTITIONS = committed_topics()["referral-records"].partitions

_SAID = {
    "ReferralAnswered": "answer",
    "ServiceStatusChanged": "state",
    "ReferralCancelled": "cancellation",
    "PurgeAnswered": "purge",
}
_LONGEST_HEADER = 200
"""Bytes. A sender fills its headers as it likes; what cannot be one of ours goes no further."""


class Letter(NamedTuple):
    """`participant` is known by the topic. `fault` is a quarantine code, and then the rest is empty."""

    message: Read
    participant: str
    headers: dict[str, bytes]
    kind: str
    routing: Routing
    referral_id: str
    """Empty where it is about no referral."""
    about: str
    """What must be its key: the referral id, or the event id where there is no referral."""
    fault: str = ""


def opened(wire: Wire, message: Read, participant: str) -> Letter:
    """`message` with its routing fields. Never raises: what cannot be read has a fault."""
    headers = {
        name: value
        for name, value in message.headers
        if name in HEADER_NAMES and value is not None and len(value) <= _LONGEST_HEADER
    }
    try:
        kind, routing = wire.read(message.value, headers.get("ce_type", b"").decode("ascii", "replace"))
    except Undecodable as error:
        return Letter(message, participant, headers, "", {}, "", "", error.code)
    referral_id = routing.get("referral_id") or ""
    return Letter(
        message, participant, headers, kind, routing, referral_id, referral_id or routing["event_id"]
    )


def in_its_partition(letter: Letter) -> bool:
    """Whether the message stands where its key belongs."""
    return partition_of(letter.about, PARTITIONS) == letter.message.partition.number


def incoming(letter: Letter, *, known: bool) -> Incoming:
    """A letter without fault for the rules. `known`: there is a record here, so its partition is right."""
    message, kind, named = letter.message, letter.kind, letter.routing.get
    return Incoming(
        letter.participant,
        kind in LISTED,
        (message.key or b"").decode("ascii", "replace"),
        known or in_its_partition(letter),
        message.offset,
        message.appended_ms,
        fingerprint(message.value or b""),
        kind,
        named("event_id", ""),
        named("occurred_at", 0),
        named("programme_from", ""),
        named("programme_to", ""),
        letter.referral_id,
        named("consent_id", ""),
        named(_SAID.get(kind, ""), ""),
        named("sub_state"),
        named("return_consent_id", ""),
        named("urgency", "unspecified"),
        named("parts", 0),
    )


def fact(letter: Letter) -> Fact:
    """A letter of `consents` without fault."""
    named = letter.routing.get
    return Fact(
        kind=letter.kind,
        event_id=named("event_id", ""),
        occurred_at=named("occurred_at", 0),
        programme_from=named("programme_from", ""),
        programme_to=named("programme_to", ""),
        referral_id=letter.referral_id,
        consent_id=named("consent_id", ""),
        ends_at=named("ends_at"),
        offset=letter.message.offset,
        in_its_partition=in_its_partition(letter),
    )
