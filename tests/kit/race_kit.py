"""Races: openers that never rest, acts at the same moment; importable by child processes."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path

from ledger_kit import RECIPIENT, LedgerKit
from sqlalchemy import create_engine

from consent_ledger import expelling
from consent_ledger.refusals import Denied
from consent_ledger.rules import LockToOpen
from consent_ledger.sealing import open_locks
from referral_exchange.fault_points import FaultPoints

_PAUSE_S = 0.002
"""Processes share SQLite by its busy handler, which lets the restless starve the rest."""


@dataclass
class Tally:
    """What an opener saw. Times are of the monotonic clock, which all processes of a machine share."""

    opened_from: list[float] = field(default_factory=list)
    refused_from: list[float] = field(default_factory=list)


def keep_opening(
    kit: LedgerKit, asked: LockToOpen, tally: Tally, enough: threading.Event | Event, pause_s: float = 0.0
) -> None:
    while not enough.is_set():
        time.sleep(pause_s)
        started = time.monotonic()
        try:
            open_locks(kit.ledger, RECIPIENT, [asked])
            tally.opened_from.append(started)
        except Denied:
            tally.refused_from.append(started)


def opener_process(
    folder: str,
    url: str,
    rounds: "Queue[LockToOpen | None]",
    begun: Event,
    refused: Event,
    enough: Event,
    answers: "Queue[Tally]",
) -> None:
    """Opens each lock that comes until `enough`; says when it first succeeded and was first refused."""
    kit = LedgerKit(Path(folder), url=url)
    while (asked := rounds.get()) is not None:
        tally = Tally()
        opener = threading.Thread(target=keep_opening, args=(kit, asked, tally, enough, _PAUSE_S))
        opener.start()
        while not tally.opened_from:
            time.sleep(0.001)
        begun.set()
        while not tally.refused_from:
            time.sleep(0.001)
        refused.set()
        opener.join()
        answers.put(tally)
    kit.close()


class Openers:
    """Processes that share one database with this one, and open whatever lock each round is about."""

    def __init__(self, folder: Path, url: str, many: int) -> None:
        spawn = multiprocessing.get_context("spawn")
        self.rounds = [spawn.Queue() for _ in range(many)]
        self.begun, self.refused = ([spawn.Event() for _ in range(many)] for _ in range(2))
        self.enough, self.answers = spawn.Event(), spawn.Queue()
        told = zip(self.rounds, self.begun, self.refused, strict=True)
        self.processes = [
            spawn.Process(
                target=opener_process,
                args=(str(folder), url, *each, self.enough, self.answers),
                daemon=True,
            )
            for each in told
        ]
        for process in self.processes:
            process.start()

    def during(self, asked: LockToOpen, act: Callable[[], object]) -> tuple[object, float, list[Tally]]:
        """Does `act` while all of them open, and lets them go on until each was refused after it.

        Its answer, when that came, and what they saw.
        """
        for event in (*self.begun, *self.refused, self.enough):
            event.clear()
        for queue in self.rounds:
            queue.put(asked)
        assert all(event.wait(60) for event in self.begun)
        done, answered = act(), time.monotonic()
        assert all(event.wait(60) for event in self.refused)
        self.enough.set()
        return done, answered, [self.answers.get(timeout=60) for _ in self.processes]

    def close(self) -> None:
        for queue in self.rounds:
            queue.put(None)
        for process in self.processes:
            process.join(60)


def at_once(acts: Sequence[Callable[[], object]]) -> list[Future[object]]:
    """Starts all in the same moment, each in its own thread, and waits for their ends."""
    gate = threading.Barrier(len(acts))

    def go(act: Callable[[], object]) -> object:
        gate.wait(10)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [pool.submit(go, act) for act in acts]


def wait_until_one_waits(url: str) -> None:
    """On PostgreSQL: until some session waits for a row or a turn. On SQLite whoever comes second waits."""
    if not url.startswith("postgresql"):
        return
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    waiting = "wait_event_type = 'Lock' AND datname = current_database()"
    asked = f"SELECT count(*) FROM pg_stat_activity WHERE {waiting}"
    with engine.connect() as connection:
        while not connection.exec_driver_sql(asked).scalar():
            time.sleep(0.002)
    engine.dispose()


def expel_process(folder: str, url: str, programme: str, at_once: int) -> None:
    """Ends what is left of `programme` and is killed after the first batch."""
    expelling.AT_ONCE = at_once
    kit = LedgerKit(Path(folder), url=url)
    object.__setattr__(kit.ledger, "faults", KilledAt("consent_ledger:expelled-some"))
    expelling.end_all(kit.ledger, {programme})


class KilledAt(FaultPoints):
    """Ends this process there as `kill -9` does."""

    def __init__(self, point: str) -> None:
        super().__init__(None)
        self._name = point

    def reach(self, name: str) -> None:
        if name == self._name:
            os.kill(os.getpid(), signal.SIGKILL)
