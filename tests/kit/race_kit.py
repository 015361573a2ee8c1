"""Races: openers that never rest, acts at the same moment; importable by child processes."""

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

from consent_ledger.refusals import Denied
from consent_ledger.rules import LockToOpen
from consent_ledger.sealing import open_locks

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
    asked: LockToOpen,
    begun: Event,
    refused: Event,
    enough: Event,
    answers: "Queue[Tally]",
) -> None:
    """Opens until `enough`; says when it first succeeded and when it was first refused."""
    kit, tally = LedgerKit(Path(folder), url=url), Tally()
    opener = threading.Thread(target=keep_opening, args=(kit, asked, tally, enough, _PAUSE_S))
    opener.start()
    while not tally.opened_from:
        time.sleep(0.001)
    begun.set()
    while not tally.refused_from:
        time.sleep(0.001)
    refused.set()
    opener.join()
    kit.close()
    answers.put(tally)


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
