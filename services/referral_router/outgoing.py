"""What leaves in a transaction: forwarded bytes, what the router itself says, records, progress, pointers."""

from typing import Protocol

from referral_exchange import ids
from referral_exchange.events import MessageQuarantined
from referral_exchange.message import Envelope, Signer, headers
from referral_exchange.runtime.tail import Partition
from referral_exchange.topics import committed_topics, inbox, partition_of
from referral_router.by_hand import Progress
from referral_router.letters import PARTITIONS, Letter
from referral_router.referral import Referral
from referral_router.saying import Told
from referral_router.wire import PROGRESS, RECORD, HeaderList, Wire, moment


class Produce(Protocol):
    """`produce` of a Kafka producer. Returns at once; the transaction knows what becomes of the message."""

    def __call__(
        self, topic: str, value: bytes | None, key: str, partition: int, *, headers: HeaderList
    ) -> None:
        """Queues a message."""


_TOPICS = committed_topics()
_RECORDS = _TOPICS["referral-records"].name
_PROGRESS = _TOPICS["referral-progress"].name
_QUARANTINE = _TOPICS["quarantine"].name
_INBOX_PARTITION = 0
_PROGRESS_TYPE = ("ce_type", PROGRESS.encode())
_RECORD_HEADERS: HeaderList = [("ce_type", RECORD.encode())]


class Outgoing:
    """Writes for one partition of the referrals."""

    produce: Produce
    """Of the transaction that is open."""

    def __init__(self, wire: Wire, signer: Signer, number: int) -> None:
        """`number`: the partition. `signer` signs as `referral_router`."""
        self._wire = wire
        self._signer = signer
        self._number = number

    def forward(self, letter: Letter, participant: str, traceparent: str) -> None:
        """The letter as it came, bytes and signature untouched, under a new trace."""
        kept: HeaderList = [*letter.headers.items()]
        if "traceparent" in letter.headers:
            kept = [header for header in kept if header[0] != "traceparent"]
        if traceparent:
            kept.append(("traceparent", traceparent.encode()))
        self.produce(inbox(participant), letter.message.value, letter.about, _INBOX_PARTITION, headers=kept)

    def tell(self, event: Told, participant: str, traceparent: str) -> None:
        """`event`, signed, into the inbox of `participant`."""
        value = self._wire.codec.encode(event)
        key = event.referral_id or event.event_id
        envelope = Envelope(
            event.RECORD, event.event_id, event.occurred_at, key, event.programme_to, traceparent or None
        )
        signed: HeaderList = [*headers(envelope, value, self._signer).items()]
        self.produce(inbox(participant), value, key, _INBOX_PARTITION, headers=signed)

    def progress(self, progress: Progress) -> None:
        """A step, for the views."""
        named: HeaderList = [_PROGRESS_TYPE, ("ce_id", progress.event_id.encode())]
        value = self._wire.write_progress(progress)
        self.produce(_PROGRESS, value, progress.referral_id, self._number, headers=named)

    def record(self, referral_id: str, referral: Referral | None) -> None:
        """The record as it now is; None: forgotten."""
        value = self._wire.write_record(referral) if referral else None
        self.produce(_RECORDS, value, referral_id, self._number, headers=_RECORD_HEADERS)

    def set_aside(self, where: Partition, offset: int, code: str, now: int) -> None:
        """A pointer to a message that could not be read; the same pointer has the same id."""
        pointer = MessageQuarantined(
            event_id=ids.derived(f"{where.topic}/{where.number}/{offset}", "MessageQuarantined", "operator"),
            occurred_at=moment(now),
            topic=where.topic,
            partition=where.number,
            offset=offset,
            code=code,
        )
        named: HeaderList = [("ce_type", pointer.RECORD.encode()), ("ce_id", pointer.event_id.encode())]
        value = self._wire.codec.encode(pointer)
        number = partition_of(where.topic, PARTITIONS)
        self.produce(_QUARANTINE, value, where.topic, number, headers=named)
