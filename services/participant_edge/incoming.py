"""Takes in the inbox: believes or reports each message, and remembers it before its offset is committed."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from participant_edge import inbox_rows, own_intents, pins, referral_rows, reporting
from participant_edge.applying import Arrival, apply
from participant_edge.inbox_rows import Pointer
from participant_edge.means import Means
from participant_edge.opening import event_of
from participant_edge.verification import (
    LEDGER,
    Arrived,
    about,
    allowed_here,
    concerning,
    forged,
    is_echo,
    misaddressed,
    misplaced,
    unproven,
)
from referral_exchange import events
from referral_exchange.codec import CodecError
from referral_exchange.message import read_headers, text
from referral_exchange.runtime.tail import Partition, Read

AT_ONCE = 200
"""Messages taken in by one transaction."""

Ends = Mapping[Partition, int]
"""An offset of each partition."""

_HELD = "held"
_LOG = logging.getLogger(__name__)


class InboxLog(Protocol):
    """The participant's inbox. The real one is `kafka_inbox.KafkaInbox`."""

    def take(self, most: int, wait_s: float) -> list[Read]:
        """Up to `most` messages, waiting `wait_s` for the first."""

    @property
    def reached(self) -> Ends:
        """The next offset to take, by partition."""

    def present_ends(self) -> Ends:
        """Where it ends now, by partition; empty where the broker does not say."""

    def commit(self) -> None:
        """Everything taken so far is remembered here: the group need not read it again."""

    def close(self) -> None:
        """Stops."""


class Intake:
    """Reads one inbox, for one thread."""

    def __init__(self, means: Means, log: InboxLog) -> None:
        """Nothing is read yet."""
        self._means = means
        self._log = log
        self._batch: list[Read] = []
        self._met = False
        self._passed: Ends = {}

    def turn(self, wait_s: float) -> int:
        """Takes in what has come; returns how many messages.

        Raises OutcomeUnknown where a sender's key must be looked up and the directory cannot be read; what
        was taken from the log is kept for the next turn.
        """
        self._batch = self._batch or self._log.take(AT_ONCE, wait_s)
        self._meet_log()
        if not self._batch:
            self._passed = dict(self._log.reached)
            return 0
        means = self._means
        read = [(message, _read(means, message)) for message in self._batch]
        _meet_senders(means, [found for _, found in read if isinstance(found, Arrived)])
        now = means.clock.now()
        with means.store.write() as connection:
            for message, found in read:
                pointer = Pointer(message.partition.topic, message.partition.number, message.offset)
                _take_in(means, connection, found, pointer, now)
        means.wake.set()
        means.faults.reach("participant_edge:ingested")
        self._batch = []
        self._passed = dict(self._log.reached)
        self._log.commit()
        return len(read)

    def _meet_log(self) -> None:
        """A log that was read before, by an edge that knows nothing: its disk was lost. It asks, once."""
        reached = self._log.reached
        if self._met or not reached:
            return
        started = self._batch[0].offset if self._batch else max(reached.values())
        with self._means.store.read() as connection:
            blank = inbox_rows.nothing_yet(connection)
        if started > 0 and blank:
            _LOG.warning("this edge lost its disk: it asks for its open referrals again")
            reporting.ask_resync(self._means, None)
        self._met = True

    def present_ends(self) -> Ends:
        """Where the inbox ends now; empty where the broker does not say. Any thread may ask."""
        return self._log.present_ends()

    def passed(self, ends: Ends) -> bool:
        """Whether all that stands before `ends` was taken in; False for none. Any thread may ask."""
        passed = self._passed
        return bool(ends) and all(passed.get(partition, 0) >= end for partition, end in ends.items())

    def at_end(self) -> bool:
        """Whether all that stands in the inbox now was taken in."""
        return self.passed(self.present_ends())

    def close(self) -> None:
        """Leaves the inbox."""
        self._log.close()


def judge_again(means: Means, programme: str) -> None:
    """Takes in anew what was held until a human confirmed the programme's key."""
    with means.store.write() as connection:
        for entry, received_at in inbox_rows.held(connection, programme):
            found = _decoded(means, entry)
            inbox_rows.release(connection, entry.place)
            if found is not None:
                _take_in(means, connection, found, entry.pointer, received_at)
    means.wake.set()


def _read(means: Means, message: Read) -> Arrived | str:
    """The message decoded, or the code of why not."""
    named = read_headers(message.headers)
    try:
        # By its header alone, which is signed with the bytes: a registry made anew since has other ids.
        event = allowed_here(means.codec.decode(message.value, text(named, "ce_type"), own_registry=False))
    except CodecError as error:
        return error.code
    if event is None or message.value is None:
        return "event-not-allowed"
    arrived = Arrived(
        event=event,
        ce_type=text(named, "ce_type"),
        key=(message.key or b"").decode(errors="replace"),
        value=message.value,
        signature=named.get("signature", b""),
        key_id=text(named, "key_id"),
        traceparent=text(named, "traceparent") or None,
    )
    return misaddressed(arrived, means.own.programmes) or arrived


def _decoded(means: Means, entry: inbox_rows.Entry) -> Arrived | None:
    event = allowed_here(event_of(means, entry)) if entry.value else None
    if event is None or entry.value is None:
        return None
    key = about(event) or event.event_id
    signature, key_id = entry.signature or b"", entry.key_id
    return Arrived(event, entry.ce_type, key, entry.value, signature, key_id, entry.traceparent)


def _meet_senders(means: Means, arrived: Sequence[Arrived]) -> None:
    """Looks up keys not seen yet before the transaction: the directory may have to be read."""
    signed = {(each.event.programme_from, each.key_id) for each in arrived}
    proofs = {(LEDGER, e.event.ledger_key_id) for e in arrived if isinstance(e.event, events.ConsentEnded)}
    for programme, key_id in sorted(signed | proofs):
        means.keys.meet(programme, key_id)


def _take_in(
    means: Means, connection: Connection, found: Arrived | str, pointer: Pointer, now: datetime
) -> None:
    code = found if isinstance(found, str) else _fault(means, connection, found)
    if isinstance(found, str) or code not in (None, _HELD):
        _LOG.warning("inbox[%d] offset %d: %s; reported", pointer.partition, pointer.offset, code)
        own_intents.intend_report(connection, pointer, code or "", now)
        return
    participant = means.keys.directory.participant_of(found.event.programme_from) or ""
    if not inbox_rows.known(connection, participant, found.event.event_id):
        echo = is_echo(found.event, means.own.programmes)
        apply(connection, found, Arrival(participant, pointer, now, held=code == _HELD, echo=echo))


def _fault(means: Means, connection: Connection, arrived: Arrived) -> str | None:
    """The code of why a message may not be believed; `held` where a human must decide about its key."""
    event = arrived.event
    if means.keys.directory.participant_of(event.programme_from) is None:
        return "unknown-programme"
    pin = pins.pin_of(connection, event.programme_from, arrived.key_id)
    if pin is None:
        return "unknown-key"
    if code := forged(arrived, pin.signing_key):
        return code
    if not pin.trusted:
        return _HELD
    if isinstance(event, events.ConsentEnded) and (code := _proof_fault(means, connection, event)):
        return code
    referral_id = concerning(event)
    view = referral_rows.view_of(connection, referral_id) if referral_id else None
    return misplaced(event, view)


def _proof_fault(means: Means, connection: Connection, ended: events.ConsentEnded) -> str | None:
    pin = pins.pin_of(connection, LEDGER, ended.ledger_key_id)
    if pin is None or not pin.trusted:
        return _HELD
    try:
        fact = means.codec.decode(ended.ledger_event, ended.ledger_type, own_registry=False)
    except CodecError:
        fact = None
    return unproven(ended, fact, pin.signing_key)
