"""Sends committed facts to Kafka, in order for each consent, and tells who waits for the acknowledgement."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from consent_ledger import store
from consent_ledger.database import UNAVAILABLE, Database
from consent_ledger.facts import message_of
from consent_ledger.ledger_time import utc_now
from consent_ledger.records import Fact
from referral_exchange.fault_points import FaultPoints
from referral_exchange.message import Message
from referral_exchange.runtime import OutcomeUnknown, ProduceRefused

log = logging.getLogger(__name__)

_AT_ONCE = 500
_REMEMBERED = 10_000
_ACK_S = 10.0
_IDLE_S = 1.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 5.0
_REFUSALS = 8


class Log(Protocol):
    """Where facts go. `runtime.AckedProducer` is one."""

    def produce_and_wait(self, messages: Sequence[Message], timeout_s: float = ...) -> None:
        """Returns once all are acknowledged. Raises OutcomeUnknown, ProduceRefused."""


@dataclass(slots=True)
class _Waiter:
    left: set[str]
    done: Future[None] = field(default_factory=Future)


class Outbox:
    """One thread runs `run`; `step` is one turn, for tests without threads."""

    def __init__(
        self,
        database: Database,
        log: Log,
        wall: Callable[[], datetime] = utc_now,
        faults: FaultPoints | None = None,
    ) -> None:
        """`log` takes the facts; `wall` dates their acknowledgement."""
        self._database = database
        self._log = log
        self._wall = wall
        self._faults = faults or FaultPoints()
        self._work = threading.Event()
        self._lock = threading.Lock()
        self._waiters: list[_Waiter] = []
        self._recent: OrderedDict[str, None] = OrderedDict()
        self.reaches_broker = True
        """False since an attempt that was not acknowledged, until one is."""

    def acknowledgement(self, event_ids: Collection[str]) -> Future[None]:
        """Done once the broker acknowledged all of `event_ids`. Cancel it to stop waiting."""
        with self._lock:
            waiter = _Waiter({i for i in event_ids if i not in self._recent})
            if waiter.left:
                self._waiters = [w for w in self._waiters if not w.done.done()]
                self._waiters.append(waiter)
            else:
                waiter.done.set_result(None)
        self._work.set()
        return waiter.done

    def hurry(self) -> None:
        """There is something to send."""
        self._work.set()

    def step(self) -> int:
        """Sends what waits, one fact a consent at a time; returns how many were acknowledged.

        A fact that was sent before a crash is sent again, the same bytes: receivers drop doubles by its id.
        Raises OutcomeUnknown, ProduceRefused.
        """
        with self._database.transaction() as connection:
            waiting = store.waiting_facts(connection, _AT_ONCE)
        batch = _first_of_each(waiting)
        if not batch:
            return 0
        self._log.produce_and_wait([message_of(fact) for fact in batch], _ACK_S)
        self._faults.reach("consent_ledger:outbox-acknowledged")
        sent = [fact.event_id for fact in batch]
        with self._database.transaction() as connection:
            store.acknowledged(connection, sent, self._wall())
        self._tell(sent)
        return len(sent)

    def run(self, stop: threading.Event) -> None:
        """Steps until `stop`. A broker that is away is waited for; withdrawals are in force meanwhile.

        Raises ProduceRefused when the broker keeps refusing what we send: that needs a person.
        """
        pause, refusals = _FIRST_PAUSE_S, 0
        while not stop.is_set():
            self._work.clear()
            try:
                sent = self.step()
            except (OutcomeUnknown, ProduceRefused, *UNAVAILABLE) as error:
                refusals += isinstance(error, ProduceRefused)
                if refusals >= _REFUSALS:
                    raise
                self.reaches_broker = False
                log.error("facts wait (%s); trying again in %.1f s", _why(error), pause)
                stop.wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_S)
                continue
            pause, refusals, self.reaches_broker = _FIRST_PAUSE_S, 0, True
            if not sent:
                self._work.wait(_IDLE_S)

    def _tell(self, event_ids: list[str]) -> None:
        with self._lock:
            self._recent.update(dict.fromkeys(event_ids))
            while len(self._recent) > _REMEMBERED:
                self._recent.popitem(last=False)
            for waiter in self._waiters:
                waiter.left.difference_update(event_ids)
            ready = [w for w in self._waiters if not w.left]
            self._waiters = [w for w in self._waiters if w.left]
        for waiter in ready:
            if waiter.done.set_running_or_notify_cancel():
                waiter.done.set_result(None)


def _why(error: Exception) -> str:
    # What the runtime says names topic and error; what the database says may quote a row.
    return type(error).__name__ if isinstance(error, UNAVAILABLE) else str(error)


def _first_of_each(waiting: list[Fact]) -> list[Fact]:
    """The oldest fact of each consent: its next one goes only after the broker has this one."""
    first: dict[str, Fact] = {}
    for fact in waiting:
        first.setdefault(fact.consent_id, fact)
    return list(first.values())
