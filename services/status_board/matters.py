"""What an operator has to look at beside stuck referrals: processes, readers, bytes, schemas. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from referral_exchange.oversight.set_aside import SetAside
from status_board.world import World

BEHIND_FOR = timedelta(seconds=30)
"""A reader that has left something unread for longer is worth a look."""

SILENT_FOR = timedelta(seconds=2)
"""A process that is restarted is away for as long; nobody has to look at that."""

Kind = Literal["process-silent", "process-not-ready", "set-aside", "reader-behind", "schemas-differ"]

_RUNBOOKS: dict[Kind, str] = {
    "process-silent": "exchange-process-down",
    "process-not-ready": "exchange-process-down",
    "set-aside": "quarantine",
    "reader-behind": "reader-behind",
    "schemas-differ": "schemas-differ",
}


@dataclass(frozen=True, slots=True)
class Matter:
    """One thing. `about`: a process, a reader, a class, or nothing; never a person."""

    kind: Kind
    about: str
    count: int
    since: datetime | None

    @property
    def runbook(self) -> str:
        """The page in `deploy/runbooks`."""
        return _RUNBOOKS[self.kind]


def matters(world: World, now: datetime) -> list[Matter]:
    """All of it, in the order in which it should be looked at."""
    return [*_processes(world, now), *_set_aside(world), *_behind(world, now), *_schemas(world)]


def open_ones(world: World) -> list[SetAside]:
    """What is set aside and not dealt with, oldest first."""
    return sorted((each for each in world.aside if each.how is None), key=lambda each: each.at)


def _processes(world: World, now: datetime) -> Iterator[Matter]:
    for each in world.health:
        if each.is_down and now - each.since >= SILENT_FOR:
            kind: Kind = "process-silent" if each.status == "silent" else "process-not-ready"
            yield Matter(kind, each.name, 1, each.since)


def _set_aside(world: World) -> Iterator[Matter]:
    found = open_ones(world)
    for code in sorted({each.code for each in found}):
        alike = [each for each in found if each.code == code]
        yield Matter("set-aside", code, len(alike), alike[0].at)


def _behind(world: World, now: datetime) -> Iterator[Matter]:
    for each in world.lags:
        if each.since is not None and now - each.since >= BEHIND_FOR:
            yield Matter("reader-behind", f"{each.group} ({each.topic})", each.unread, each.since)


def _schemas(world: World) -> Iterator[Matter]:
    odd = [each for each in world.subjects if each.standing != "same"]
    if odd:
        yield Matter("schemas-differ", "", len(odd), None)
