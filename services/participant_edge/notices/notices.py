"""The facade of notices: two threads beside an edge, what waits, and how the ways out are."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from participant_edge.errors import OutcomeUnknown, UnknownThing
from participant_edge.notices import gateway_rows, matter_rows
from participant_edge.notices.calling import Calling
from participant_edge.notices.changes import Changes
from participant_edge.notices.climbing import Climbing
from participant_edge.notices.endpoints import Endpoints
from participant_edge.notices.gateway_rows import Gateway
from participant_edge.notices.rules import Matter
from participant_edge.notices.settings import NoticeSettings
from participant_edge.notices.store import NoticeStore
from participant_edge.notices.ways import RealWays, Ways
from participant_edge.own_memory import OwnMemory
from referral_exchange.http_guard import place_of
from referral_exchange.runtime.lifecycle import Clock, SystemClock

_TURN_S = 1.0
_AGAIN = timedelta(hours=1)
"""How often what nobody answered is said again, and old rows are removed."""

_KEPT = timedelta(days=120)
"""How long what was told of something that ended is remembered: longer than the edge keeps its changes."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Report:
    """What a health page shows: counts and gateways, nothing that waits itself."""

    waiting: int
    loud: int
    """Notices for which the ladder has no higher rung, and that nobody has acknowledged."""
    gateways: tuple[Gateway, ...]
    endpoints_failing: int
    failed: bool
    """Whether a thread ended that must not."""

    @property
    def well(self) -> bool:
        """Whether somebody looking for trouble finds none here."""
        broken = any(gateway.code for gateway in self.gateways)
        return not (self.loud or self.failed or self.endpoints_failing or broken)

    def as_json(self) -> dict[str, Any]:
        """For a health page."""
        return {
            "status": "ok" if self.well else "look",
            "waiting": self.waiting,
            "nobody_answered": self.loud,
            "webhooks_failing": self.endpoints_failing,
            "ways_out": {each.name: each.code or "works" for each in self.gateways},
        }


class Notices:
    """Tells people and systems of one edge. `start()`/`stop()`, or `step()` for one turn without threads."""

    def __init__(
        self,
        edge: Changes,
        settings: NoticeSettings,
        store: NoticeStore,
        memory: OwnMemory,
        *,
        clock: Clock | None = None,
        ways: Ways | None = None,
        on_failure: Callable[[], None] | None = None,
    ) -> None:
        """`on_failure` is called when a thread cannot go on; the process should end, loudly."""
        self._edge = edge
        self._store = store
        self._clock = clock or SystemClock()
        self._on_failure = on_failure or (lambda: None)
        self.endpoints = Endpoints(store, memory, self._clock, allow_private=settings.allow_private)
        self._climbing = Climbing(edge, store, settings.ladder, ways or RealWays(settings), self._clock)
        self._calling = Calling(edge, self.endpoints, self._clock)
        self._stop = threading.Event()
        self._failed = False
        self._said: datetime | None = None
        turns = {"climbs": self._climb, "calls": self._call}
        self._threads = [
            threading.Thread(target=self._loop, args=(name, turn), name=f"notices-{name}", daemon=True)
            for name, turn in turns.items()
        ]

    def start(self) -> None:
        """Starts the threads; all that was stored and not known as sent is taken up again."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stops the threads, each after the attempt it is at, and closes the database."""
        self._stop.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()
        self._store.close()

    def step(self) -> int:
        """One turn without threads; how many messages and calls were taken."""
        self._climbing.read()
        return self._climbing.climb() + self._calling.call()

    def waiting(self) -> list[Matter]:
        """What nobody has acknowledged, oldest first."""
        with self._store.transaction() as connection:
            return matter_rows.open_matters(connection)

    def acknowledge(self, number: int) -> None:
        """Somebody has heard of this one: nobody else is told. Idempotent. Raises UnknownThing."""
        with self._store.transaction() as connection:
            if not matter_rows.acknowledge(connection, number, self._clock.now()):
                raise UnknownThing("nothing waits under this number")

    def report(self) -> Report:
        """How it stands."""
        with self._store.transaction() as connection:
            matters = matter_rows.open_matters(connection)
            gateways = gateway_rows.all_gateways(connection)
        failing = sum(each.state != "works" for each in self.endpoints.list())
        loud = sum(matter.loud_at is not None for matter in matters)
        return Report(len(matters), loud, tuple(gateways), failing, self._failed)

    def _climb(self) -> None:
        self._climbing.read()
        self._climbing.climb()
        self._tidy()
        self._wait()

    def _call(self) -> None:
        if self._calling.call() == 0:
            self._wait()

    def _wait(self) -> None:
        with self._store.transaction() as connection:
            number, _ = matter_rows.place(connection)
        if self._edge.wait_for_changes(number, _TURN_S):
            # The other thread has not taken them yet; it will in a moment.
            self._stop.wait(0.05)

    def _tidy(self) -> None:
        now = self._clock.now()
        if self._said is not None and now - self._said < _AGAIN:
            return
        self._said = now
        with self._store.transaction() as connection:
            matter_rows.forget_ended(connection, now - _KEPT)
            loud = sum(matter.loud_at is not None for matter in matter_rows.open_matters(connection))
        if loud:
            _LOG.critical("NOBODY HAS ANSWERED %d notices, and nobody is left to be told; sign in", loud)

    def _loop(self, name: str, turn: Callable[[], None]) -> None:
        try:
            while not self._stop.is_set():
                self._turned(name, turn)
        except Exception as error:  # noqa: BLE001 - the process's loud exit; the text may quote an address
            _LOG.critical("the thread that %s notices cannot go on: %s", name, place_of(error))
            self._failed = True
            self._on_failure()

    def _turned(self, name: str, turn: Callable[[], None]) -> None:
        try:
            turn()
        except OutcomeUnknown as error:
            _LOG.warning("the thread that %s notices waits: %s", name, error)
            self._stop.wait(_TURN_S)
