"""Which programmes have room, from the directory: as of when, and until when to believe it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from referral_exchange.directory import Directory
from referral_exchange.events import CapacityReported, ProgrammeListed
from referral_exchange.oversight import reading
from referral_exchange.oversight.source import Source
from referral_exchange.oversight.words import iso
from referral_exchange.topics import committed_topics
from referral_exchange.vocabulary import as_shown

_DIRECTORY = committed_topics()["directory"]


@dataclass(frozen=True, slots=True)
class Room:
    """One programme and what it last said; `said` None: it never did."""

    programme: ProgrammeListed
    said: CapacityReported | None

    def stale(self, now: datetime) -> bool:
        """Whether what it said is no longer to be believed."""
        return self.said is not None and self.said.valid_until <= now

    @property
    def has_room(self) -> bool:
        """Whether it said that it has room, however long ago."""
        return self.said is not None and self.said.capacity == "capacity" and self.said.room != 0


def read(source: Source, *, quiet: bool) -> Directory:
    """The directory as it stands now."""
    directory = Directory()
    partitions = reading.all_partitions(_DIRECTORY.name, _DIRECTORY.partitions)
    for message in reading.all_of(source, partitions, quiet=quiet):
        if (event := reading.event_in(source, message)) is not None:
            directory.apply(event)
    return directory


def rooms(directory: Directory, now: datetime) -> list[Room]:
    """Every programme that can be referred to: those with room first, the believable before the stale."""
    found = [
        Room(listed, directory.capacities.get(programme))
        for programme, listed in directory.programmes.items()
        if listed.role != "exchange_service"
    ]
    return sorted(
        found, key=lambda r: (not r.has_room, r.stale(now), r.said is None, r.programme.programme_id)
    )


def with_room(found: Iterable[Room]) -> list[Room]:
    """Only those that said they have room; stale ones too, marked so."""
    return [room for room in found if room.has_room]


def as_json(room: Room, now: datetime) -> dict[str, Any]:
    """One programme as an object; a confidential one is listed by its alias and region only."""
    said = room.said
    return {
        "programme_id": room.programme.programme_id,
        "name": room.programme.name,
        "region": room.programme.region,
        "services": room.programme.services,
        "capacity": as_shown(said.capacity) if said else None,
        "room": said.room if said else None,
        "household_size": said.household_size if said else None,
        "accessible": said.accessible if said else None,
        "languages": said.languages if said else [],
        "as_of": iso(said.as_of) if said else None,
        "valid_until": iso(said.valid_until) if said else None,
        "stale": room.stale(now),
    }
