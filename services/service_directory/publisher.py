"""Sends what waits in the outbox to the topic `directory`, signed, oldest first."""

import logging
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

from referral_exchange.fault_points import FaultPoints
from referral_exchange.message import Envelope, Message, Signer, headers
from referral_exchange.runtime import OutcomeUnknown, ProduceRefused
from referral_exchange.topics import committed_topics
from service_directory import store
from service_directory.database import Database, StoreUnavailable

TOPIC = "directory"
_ACK_S = 10.0
_IDLE_S = 1.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 5.0
_REFUSALS = 8

log = logging.getLogger(__name__)


class Log(Protocol):
    """Where listings go. `runtime.AckedProducer` is one."""

    def produce_and_wait(self, messages: Sequence[Message], timeout_s: float = ...) -> None:
        """Returns once all are acknowledged. Raises OutcomeUnknown, ProduceRefused."""


class Publisher:
    """Thread-safe. Whoever changed the book calls `flush`; `run` sends what a `flush` left."""

    def __init__(
        self, database: Database, log: Log, signer: Signer, faults: FaultPoints | None = None
    ) -> None:
        """`signer` is the service's own programme."""
        self._faults = faults or FaultPoints()
        self._database = database
        self._log = log
        self._signer = signer
        self._turn = threading.Lock()
        self._work = threading.Event()
        self.reaches_broker = True
        """False since an attempt that was not acknowledged, until one is."""

    def flush(self) -> int:
        """Sends all that waits; returns how many listings the broker has acknowledged, once it has.

        A listing sent before a crash is sent again, the same bytes. Raises OutcomeUnknown, ProduceRefused,
        StoreUnavailable.
        """
        done = 0
        with self._turn:
            while batch := self._waiting():
                self._faults.reach("service_directory:committed")
                try:
                    self._log.produce_and_wait([self._message(each) for each in batch], _ACK_S)
                except (OutcomeUnknown, ProduceRefused):
                    self.reaches_broker = False
                    self._work.set()
                    raise
                self.reaches_broker = True
                self._faults.reach("service_directory:acknowledged")
                with self._database.transaction() as connection:
                    store.sent(connection, [each.number for each in batch])
                done += len(batch)
        return done

    def hurry(self) -> None:
        """There is something to send, or it is time to stop."""
        self._work.set()

    def run(self, stop: threading.Event) -> None:
        """Flushes until `stop`. A broker that is away is waited for.

        Raises ProduceRefused when the broker keeps refusing what we send: that needs a person.
        """
        pause, refusals = _FIRST_PAUSE_S, 0
        while not stop.is_set():
            self._work.clear()
            try:
                self.flush()
            except (OutcomeUnknown, ProduceRefused, StoreUnavailable) as error:
                refusals += isinstance(error, ProduceRefused)
                if refusals >= _REFUSALS:
                    raise
                log.error("listings wait (%s); trying again in %.1f s", error, pause)
                stop.wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_S)
                continue
            pause, refusals = _FIRST_PAUSE_S, 0
            self._work.wait(_IDLE_S)

    def _waiting(self) -> list[store.Waiting]:
        with self._database.transaction() as connection:
            return store.waiting(connection)

    def _message(self, waiting: store.Waiting) -> Message:
        listing = waiting.listing
        at = datetime.fromtimestamp(waiting.occurred_at / 1000, UTC)
        envelope = Envelope(listing.record, listing.event_id, at, listing.key, "")
        named = headers(envelope, listing.value, self._signer)
        return Message(committed_topics()[TOPIC].name, listing.key, listing.value, named)
