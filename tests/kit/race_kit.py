"""Openers that never rest, for races against a withdrawal; importable by child processes."""

import threading
import time
from dataclasses import dataclass, field
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path

from ledger_kit import RECIPIENT, LedgerKit

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
    folder: str, asked: LockToOpen, begun: Event, refused: Event, enough: Event, answers: "Queue[Tally]"
) -> None:
    """Opens until `enough`; says when it first succeeded and when it was first refused."""
    kit, tally = LedgerKit(Path(folder)), Tally()
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
