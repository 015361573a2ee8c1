"""The ledger's turns: ends by date, destroys, and once a day puts every key under a new epoch."""

import logging
import math
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from consent_ledger import (
    administering,
    backup,
    checkpoints,
    ending,
    expelling,
    retention,
    store,
    survivors,
)
from consent_ledger.database import UNAVAILABLE
from consent_ledger.evidence import Act
from consent_ledger.key_store import KeyStoreAway
from consent_ledger.ledger import Ledger
from consent_ledger.ledger_time import JUMP_S, SteadyClock
from consent_ledger.records import to_ms

log = logging.getLogger(__name__)

TURN_S = 10.0
"""How often `turn` runs, in seconds."""

_LOOK_S = 0.2
"""How often, meanwhile, whether there is a reason to hurry or to stop."""

EPOCH_LASTS = timedelta(hours=24)
"""How long an epoch's key stands: what was destroyed is gone from logs and backups once it is."""

BACKUP = "ledger.backup"
"""The daily backup's file, in place of the one before, which is worth nothing without its epoch's key."""

KEEP_ACKNOWLEDGED = timedelta(days=7)


@dataclass(slots=True)
class Upkeep:
    """Runs in one thread. `turn` is one turn, for tests without threads.

    `backups`: the folder for the daily backup; None: somebody else takes it.
    """

    ledger: Ledger
    clock: SteadyClock = field(default_factory=SteadyClock)
    backups: Path | None = None
    works: bool = True
    expelled: Callable[[], Collection[str]] = frozenset
    """Programmes that were expelled; their consents end, a little later also those given at that moment."""
    _unbooked: float = 0.0
    _epoch_until: float = math.inf
    _to_finish: int | None = None
    _history: bool = False
    _hurried: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Makes the first epoch where there is none and ends what a crash left half done.

        Raises EpochKeyMissing where the epoch in force has no key: then nothing is destroyed.
        """
        with self.ledger.operation() as operation:
            epoch = store.upkeep_row(operation.connection).epoch
        if epoch == 0:
            self.new_epoch()
            return
        self.ledger.epoch_keys.check(epoch)
        if self.ledger.epoch_keys.has_others(epoch):
            self._to_finish = epoch
            try:
                self._finish()
            except (KeyStoreAway, OSError) as error:
                log.error("the daily backup waits for its storage (%s); trying again", type(error).__name__)
        self._epoch_until = self.clock.monotonic() + EPOCH_LASTS.total_seconds()

    def turn(self) -> None:
        """One turn. Ends and destroys by date only while the clock runs steadily."""
        steady = self._book(self.clock.look())
        if self.clock.settled:
            while ending.expire(self.ledger, steady) == ending.AT_ONCE:
                continue
            ending.destroy_expired(self.ledger, steady)
        expelling.end_all(self.ledger, self.expelled())
        administering.tell_of_strangers(self.ledger)
        checkpoints.keep(self.ledger)
        self._tell_of_a_clock_behind()
        self._finish()
        if self._epoch_is_over():
            self.new_epoch()
            while self.clock.settled and retention.forget_due(self.ledger):
                continue
            survivors.forget_old(self.ledger)
        self._forget()

    def run(self, stop: threading.Event) -> None:
        """Turns until `stop`. A full disk is waited for: what is in force stays so, and `works` says it."""
        while not stop.is_set():
            try:
                self.turn()
                self.works = True
            except (*UNAVAILABLE, KeyStoreAway, OSError) as error:
                self.works = False
                log.error("upkeep waits for its storage (%s); trying again", type(error).__name__)
            self._rest(stop)

    def hurry(self) -> None:
        """The next turn is due now."""
        self._hurried.set()

    def _rest(self, stop: threading.Event) -> None:
        for _ in range(round(TURN_S / _LOOK_S)):
            if self._hurried.is_set() or stop.wait(_LOOK_S):
                break
        self._hurried.clear()

    def new_epoch(self) -> int:
        """Re-wraps every live key under a new epoch key and destroys the old one; returns the epoch.

        The new key is durable before anything is wrapped with it, and the old one is destroyed only when
        nothing is wrapped with it any more; a crash in between leaves one of the two whole. Nobody gives,
        seals or opens meanwhile, so no key is wrapped with the old one behind its back.
        """
        keys = self.ledger.epoch_keys
        with self.ledger.operation(alone=True) as operation:
            row = store.upkeep_row(operation.connection)
            epoch = int(row.epoch) + 1
            keys.make(epoch)
            self.ledger.faults.reach("consent_ledger:epoch-key-written")
            moved = []
            for consent_id, key in store.keys_of(operation.connection).items():
                wrapped = keys.rewrap(key.epoch, epoch, consent_id, key.wrapped)
                moved.append(replace(key, epoch=epoch, wrapped=wrapped))
            store.rewrap(operation.connection, moved)
            store.set_upkeep(operation.connection, epoch=epoch, epoch_since=to_ms(operation.now))
            store.forget_acknowledged(operation.connection, operation.now - KEEP_ACKNOWLEDGED)
            operation.acts.append(Act("epoch-turned", {"epoch": epoch, "keys": len(moved)}))
        self.ledger.faults.reach("consent_ledger:epoch-rewrapped")
        self._epoch_until = self.clock.monotonic() + EPOCH_LASTS.total_seconds()
        self._to_finish = epoch
        self._finish()
        self._forget()
        return epoch

    def _finish(self) -> None:
        """Takes the daily backup while the old key still opens the one before it, then destroys that key."""
        if self._to_finish is None:
            return
        if self.backups is not None:
            backup.take(self.ledger.database, self.backups / BACKUP)
        self.ledger.epoch_keys.destroy_all_but(self._to_finish)
        log.info("epoch %d is in force; the key before it is destroyed", self._to_finish)
        self._to_finish = None
        self._history = True

    def _forget(self) -> None:
        """Old pages hold what only destroyed keys open; they go too, once nobody reads them any more."""
        if self._history:
            self._history = not self.ledger.database.forget_history()

    def _epoch_is_over(self) -> bool:
        """By date, or by a clock that no one can set back."""
        with self.ledger.operation() as operation:
            since = int(store.upkeep_row(operation.connection).epoch_since)
        return to_ms(operation.now - EPOCH_LASTS) >= since or self.clock.monotonic() >= self._epoch_until

    def _tell_of_a_clock_behind(self) -> None:
        with self.ledger.operation() as operation:
            behind = (operation.now - self.clock.wall()).total_seconds()
        if behind > JUMP_S:
            log.error("the clock is %d s behind the latest time seen; mend it", behind)

    def _book(self, passed: float) -> int:
        """Adds whole seconds of steady clock to what the database remembers; returns the sum."""
        self._unbooked += passed
        whole = int(self._unbooked)
        self._unbooked -= whole
        with self.ledger.operation() as operation:
            seconds = int(store.upkeep_row(operation.connection).steady_seconds) + whole
            if whole:
                store.set_upkeep(operation.connection, steady_seconds=seconds)
        return seconds
