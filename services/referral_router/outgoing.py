"""What leaves in a transaction: forwarded bytes, what the router itself says, records, progress, pointers."""

from typing import Protocol

from referral_exchange import ids
from referral_exchange.events import MessageQuarantined, QuarantineClosed, ReplayAsked
from referral_exchange.events.routing import HowClosed
from referral_exchange.message import Envelope, Signer, headers
from referral_exchange.runtime.tail import Partition, Read
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
_OPERATIONS = _TOPICS["operations"].name
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
        self._about_a_pointer(pointer)

    def close(self, where: Partition, offset: int, how: HowClosed, cause: str, at: int) -> None:
        """What was set aside there needs nothing more. `cause`: the id of the event that asked for it."""
        closed = QuarantineClosed(
            event_id=ids.derived(
                f"{cause}/{where.topic}/{where.number}/{offset}", "QuarantineClosed", "operator"
            ),
            occurred_at=moment(at),
            topic=where.topic,
            partition=where.number,
            offset=offset,
            how=how,
        )
        self._about_a_pointer(closed)

    def copy(self, message: Read) -> None:
        """A message once more into the topic and partition where it stands, as it is."""
        key = (message.key or b"").decode("ascii", "replace")
        kept: HeaderList = [*message.headers]
        self.produce(message.partition.topic, message.value, key, message.partition.number, headers=kept)

    def spread(self, letter: Letter) -> None:
        """Asks the owner of every partition to read `letter` too, and do its share of what it asks."""
        where, offset = letter.message.partition, letter.message.offset
        for number in range(PARTITIONS):
            asked = ReplayAsked(
                event_id=share_id(where, offset, number),
                occurred_at=moment(letter.message.appended_ms),
                topic=where.topic,
                partition=where.number,
                offset=offset,
            )
            named: HeaderList = [("ce_type", asked.RECORD.encode()), ("ce_id", asked.event_id.encode())]
            value = self._wire.codec.encode(asked)
            self.produce(_OPERATIONS, value, where.topic, number, headers=named)

    def _about_a_pointer(self, event: MessageQuarantined | QuarantineClosed) -> None:
        named: HeaderList = [("ce_type", event.RECORD.encode()), ("ce_id", event.event_id.encode())]
        value = self._wire.codec.encode(event)
        number = partition_of(event.topic, PARTITIONS)
        self.produce(_QUARANTINE, value, event.topic, number, headers=named)


def share_id(where: Partition, offset: int, number: int) -> str:
    """The id under which the router asks the owner of partition `number` to read that message too."""
    return ids.derived(f"{where.topic}/{where.number}/{offset}", "ReplayAsked", str(number))
