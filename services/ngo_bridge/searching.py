"""Which services answer what somebody looks for, and whether they have room. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from referral_exchange.events import CapacityReported, ProgrammeListed

RoomCode = Literal["capacity", "waitlist", "additional_assessment_required", "unknown", "no_capacity"]

ROOMS: tuple[RoomCode, ...] = (
    "capacity",
    "waitlist",
    "additional_assessment_required",
    "unknown",
    "no_capacity",
)
"""In the order in which services are shown."""

RoomWish = Literal["", "capacity", "not_full"]
"""Any; room for sure; not known to be full."""


@dataclass(frozen=True, slots=True)
class Room:
    """Whether a programme has room, as far as it may still be believed. `places` None: not told."""

    code: RoomCode
    places: int | None = None
    seen_at: datetime | None = None


NOT_KNOWN = Room("unknown")


@dataclass(frozen=True, slots=True, repr=False)
class Wish:
    """What is looked for; an empty one looks for anything."""

    service: str = ""
    language: str = ""
    region: str = ""
    age_band: str = ""
    access: str = ""
    room: str = ""


def rooms(reports: Iterable[CapacityReported], now: datetime) -> Mapping[str, Room]:
    """The room of each programme that told it, by programme id."""
    return {report.programme_id: room_now(report, now) for report in reports}


def room_now(report: CapacityReported, now: datetime) -> Room:
    """What may still be said at `now`: after `valid_until` nothing is known."""
    code = next((each for each in ROOMS if each == report.capacity), None)
    if code is None or now > report.valid_until:
        return NOT_KNOWN
    return Room(code, report.room, report.as_of)


def answers(listed: ProgrammeListed, room: Room, wish: Wish) -> bool:
    """Whether a programme is what `wish` looks for. A language finds its variants: es finds es-MX."""
    return (
        wish.service in ("", *listed.services)
        and wish.region in ("", listed.region)
        and wish.age_band in ("", *listed.age_bands)
        and wish.access in ("", *listed.access)
        and (not wish.language or any(_speaks(tag, wish.language) for tag in listed.languages))
        and _has(room, wish.room)
    )


def place(room: Room) -> int:
    """Sort key: where there is room first, where it is full last."""
    return ROOMS.index(room.code)


def _has(room: Room, wish: str) -> bool:
    if wish == "capacity":
        return room.code == "capacity"
    return wish != "not_full" or room.code != "no_capacity"


def _speaks(tag: str, wanted: str) -> bool:
    return tag == wanted or tag.startswith(f"{wanted}-")
