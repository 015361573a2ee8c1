"""The pages of the exchange itself: clocks, readers, processes, room, schemas."""

from datetime import datetime
from typing import Any

from aiohttp import web

from referral_exchange.oversight import room
from referral_exchange.vocabulary import as_shown
from status_board import view
from status_board.matters import BEHIND_FOR
from status_board.site import Site, utc_now
from status_board.words import in_words, word
from status_board.world import Health, Held

MOST_CLOCKS = 300


class ExchangePages:
    """`GET /clocks`, `/lag`, `/connectors`, `/capacity`, `/schemas`."""

    def __init__(self, site: Site) -> None:
        """Connects nothing."""
        self._site = site

    async def clocks(self, request: web.Request) -> web.Response:
        """Every clock that ran out in an open referral, then those that run, the next first."""
        now = utc_now()
        every = [line for held in self._site.watch.follower.with_clocks() for line in _clocks(held, now)]
        lines = sorted(every, key=lambda each: (not each["elapsed"], each["due_at"], each["id"]))
        left_out = max(0, len(lines) - MOST_CLOCKS)
        return self._show(request, "clocks", now, lines=lines[:MOST_CLOCKS], left_out=left_out)

    async def lag(self, request: web.Request) -> web.Response:
        """Every reader on every topic, the furthest behind first."""
        now = utc_now()
        lines = [
            {
                "group": each.group,
                "topic": each.topic,
                "unread": each.unread,
                "since": view.stamp(each.since),
                "age": in_words(now - each.since) if each.since else None,
                "begun": each.begun,
                "late": each.since is not None and now - each.since >= BEHIND_FOR,
            }
            for each in self._site.world(now).lags
        ]
        return self._show(request, "lag", now, lines=lines)

    async def connectors(self, request: web.Request) -> web.Response:
        """Every service, bridge and connector that this console asks."""
        now = utc_now()
        lines = [_process(each, now) for each in self._site.world(now).health]
        return self._show(request, "connectors", now, lines=lines)

    async def capacity(self, request: web.Request) -> web.Response:
        """Which programmes have room, as of when, until when to believe it."""
        now = utc_now()
        rooms = room.rooms(self._site.world(now).directory, now)
        return self._show(request, "capacity", now, lines=[_room(each, now) for each in rooms])

    async def schemas(self, request: web.Request) -> web.Response:
        """The versions of every subject in the registry, against those committed here."""
        now = utc_now()
        lines = [
            {
                "subject": each.subject,
                "committed": _numbers(each.committed),
                "registered": _numbers(each.registered),
                "standing": word("schema_standings", each.standing),
                "odd": each.standing != "same",
            }
            for each in self._site.world(now).subjects
        ]
        lines.sort(key=lambda each: (not each["odd"], str(each["subject"])))
        return self._show(request, "schemas", now, lines=lines)

    def _show(self, request: web.Request, name: str, now: datetime, **context: Any) -> web.Response:
        world = self._site.world(now)
        looked = {"clocks": "records", "capacity": "records", "lag": "lags", "schemas": "schemas"}.get(name)
        at = world.looked_at.get(looked, None) if looked else now
        return self._site.show(
            request, f"{name}.html", now, here=name, world=world, looked_at=view.stamp(at), **context
        )


def _clocks(held: Held, now: datetime) -> list[dict[str, Any]]:
    record = held.record
    return [
        {
            "id": record.referral_id,
            "short": record.referral_id[:8],
            "from": record.programme_from or "",
            "to": record.programme_to or "",
            "name": word("clocks", clock.name),
            "due_at": view.stamp(clock.due_at),
            "due": view.due(clock.due_at, now),
            "elapsed": clock.elapsed or clock.due_at <= now,
        }
        for clock in record.clocks
        if not (clock.elapsed and record.closed_at)
    ]


def _process(each: Health, now: datetime) -> dict[str, Any]:
    return {
        "name": each.name,
        "participant": each.participant,
        "status": word("statuses", each.status),
        "down": each.is_down,
        "since": view.stamp(each.since),
        "age": in_words(now - each.since),
        "seen_at": view.stamp(each.seen_at),
        "seen": in_words(now - each.seen_at) if each.seen_at else None,
        "tick_s": each.figures.get("last_tick_age_s"),
    }


def _room(each: room.Room, now: datetime) -> dict[str, Any]:
    said = each.said
    return {
        "name": each.programme.name,
        "region": each.programme.region,
        "says": word("capacities", as_shown(said.capacity)) if said else None,
        "room": said.room if said else None,
        "household": said.household_size if said else None,
        "as_of": view.stamp(said.as_of) if said else None,
        "age": in_words(now - said.as_of) if said else None,
        "stale": each.stale(now),
        "until": view.stamp(said.valid_until) if said else None,
    }


def _numbers(versions: tuple[int, ...]) -> str:
    return ", ".join(f"v{number}" for number in versions)
