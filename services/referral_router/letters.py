"""A message as it was found: its routing fields, or the code that says why it has none."""

from typing import NamedTuple

from referral_exchange.codec import Undecodable
from referral_exchange.message import HEADER_NAMES
from referral_exchange.runtime.tail import Read
from referral_exchange.topics import committed_topics, partition_of
from referral_router.referral import Incoming
from referral_router.wire import Wire, fingerprint

LISTED = committed_topics()["outbox"].events
"""Record names that an outbox may carry."""

PARTITIONS = committed_topics()["referral-records"].partitions

_HEADERS = frozenset(HEADER_NAMES)
_LONGEST_HEADER = 200
"""Bytes. A sender fills its headers as it likes; what cannot be one of ours goes no further."""

_NOTHING = Incoming("", False, "", False, 0, 0, 0, "", "", 0, "", "", "", "")


class Letter(NamedTuple):
    """`participant` is known by the topic. `fault` is a quarantine code, and then `event` says nothing."""

    message: Read
    participant: str
    headers: dict[str, bytes]
    event: Incoming
    fault: str = ""

    @property
    def about(self) -> str:
        """What must be its key: the referral id, or the event id where there is no referral."""
        return self.event.referral_id or self.event.event_id

    @property
    def in_its_partition(self) -> bool:
        """Whether it stands where its key belongs."""
        return partition_of(self.about, PARTITIONS) == self.message.partition.number


def opened(wire: Wire, message: Read, participant: str, *, own_registry: bool = True) -> Letter:
    """`message` with its routing fields. Never raises: what cannot be read has a fault.

    `own_registry`: as for `Wire.read`.
    """
    headers = {
        name: value
        for name, value in message.headers
        if name in _HEADERS and value is not None and len(value) <= _LONGEST_HEADER
    }
    try:
        kind, routed = wire.read(message.value, headers.get("ce_type", b""), own_registry=own_registry)
    except Undecodable as error:
        return Letter(message, participant, headers, _NOTHING, error.code)
    event = Incoming(
        participant,
        kind in LISTED,
        (message.key or b"").decode("ascii", "replace"),
        True,  # looked at again where there is no record: a record's partition is its letters' own
        message.offset,
        message.appended_ms,
        fingerprint(message.value or b""),
        kind,
        *routed,
    )
    return Letter(message, participant, headers, event)
