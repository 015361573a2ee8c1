"""Follows the directory in a thread of its own: who is listed, and whose key is pinned."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from confluent_kafka import KafkaException

from consent_ledger.database import UNAVAILABLE
from consent_ledger.ledger_time import utc_now
from consent_ledger.pins import Pins
from referral_exchange.directory import Directory

log = logging.getLogger(__name__)

_WAIT_S = 0.5
_PAUSE_S = 2.0


class Follower(Protocol):
    """Reads the topic `directory`. `runtime.directory_follower.DirectoryFollower` is one."""

    directory: Directory

    def step(self, wait_s: float = ...) -> int:
        """Takes what has come; how many listings."""

    def caught_up(self) -> bool:
        """Whether it was read to its end once."""


class DirectoryWatch:
    """One thread runs `run`; `step` is one turn."""

    def __init__(
        self,
        follower: Follower,
        pins: Pins,
        wall: Callable[[], datetime] = utc_now,
        on_expelled: Callable[[], object] = lambda: None,
    ) -> None:
        """`follower` reads, `pins` keeps; `on_expelled` is told when there are more in `expelled`."""
        self._follower = follower
        self._pins = pins
        self._wall = wall
        self._on_expelled = on_expelled
        self.expelled: frozenset[str] = frozenset()
        """Programmes of participants that were expelled. A new value, never a changed one."""
        self._stale = True
        self.complete = False
        """Whether the directory was read to its end; before that nobody can be judged."""

    def step(self, wait_s: float = 0.0) -> None:
        """Takes what has come. Raises KafkaException while the broker cannot be asked."""
        self._stale = self._follower.step(wait_s) > 0 or self._stale
        if self._stale:
            self._take(self._follower.directory)
            self._stale = False
        self.complete = self.complete or self._follower.caught_up()

    def _take(self, directory: Directory) -> None:
        listed = directory.programmes
        before = self.expelled
        self.expelled = frozenset(p for p in listed if directory.standing_of(p) == "expelled")
        self._pins.forget(self.expelled)
        known = {name: one for name, one in listed.items() if name not in self.expelled}
        self._pins.take(known, self._wall())
        if self.expelled - before:
            self._on_expelled()

    def run(self, stop: threading.Event) -> None:
        """Steps until `stop`. A broker that is away is waited for."""
        while not stop.is_set():
            try:
                self.step(_WAIT_S)
            except KafkaException as error:
                log.error("the directory cannot be read (%s); trying again", error.args[0].name())
                stop.wait(_PAUSE_S)
            except UNAVAILABLE:
                log.error("the directory cannot be taken in, the database does not write; trying again")
                stop.wait(_PAUSE_S)
