"""The first page: what is stuck, why, since when, what to do, and where that is written."""

from datetime import datetime
from typing import Any

from aiohttp import web

from status_board import causes, matters, view
from status_board.causes import RUNBOOKS, Stuck
from status_board.matters import Matter
from status_board.site import Site, utc_now
from status_board.words import in_words, sentence, word
from status_board.world import World

SHOWN = 10
"""Referrals named below one matter; the rest are a link away."""


class HomePage:
    """`GET /`."""

    def __init__(self, site: Site) -> None:
        """Connects nothing."""
        self._site = site

    async def page(self, request: web.Request) -> web.Response:
        """What is stuck first, then what else needs a look, then how many are open."""
        now, site = utc_now(), self._site
        world, entries = site.world(now), site.board.entries()
        stuck = causes.stuck(entries, now, world, site.within)
        counted = view.counts(entries, now)
        return site.show(
            request,
            "home.html",
            now,
            here="stuck",
            world=world,
            cards=[
                *(_of_referrals(each, now, world) for each in stuck),
                *(_of_matter(each, now) for each in matters.matters(world, now)),
            ],
            open_count=counted["open"],
            closed_count=counted["closed"],
        )


def of_entry(site: Site, entry: Any, now: datetime, world: World) -> dict[str, Any] | None:
    """The card of one referral, where it is stuck."""
    found = causes.stuck([entry], now, world, site.within)
    return _of_referrals(found[0], now, world) if found else None


def _of_referrals(stuck: Stuck, now: datetime, world: World) -> dict[str, Any]:
    names = {"participant": stuck.participant or "?", **_process(stuck, world)}
    count = len(stuck.entries)
    title = f"{stuck.reason}-one" if count == 1 else stuck.reason
    return {
        "title": sentence("stuck_titles", title, count=count, **names),
        "why": sentence("causes", stuck.cause, **names),
        "do": sentence("remedies", stuck.cause, **names),
        "runbook": RUNBOOKS[stuck.cause],
        "since": view.stamp(stuck.since),
        "age": in_words(now - stuck.since),
        "urgent": any(entry.urgency in ("emergency", "urgent") for entry in stuck.entries),
        "referrals": [
            {"id": entry.referral_id, "short": entry.referral_id[:8], "from": entry.programme_from}
            | {"to": entry.programme_to, "urgency": word("urgencies", entry.urgency, "unspecified")}
            | {"age": in_words(now - entry.since)}
            for entry in stuck.entries[:SHOWN]
        ],
        "left_out": max(0, count - SHOWN),
    }


def _process(stuck: Stuck, world: World) -> dict[str, str]:
    process = world.process_of(stuck.participant)
    if process is None:
        return {"process": stuck.participant or "?", "unread": str(world.unread_of(stuck.participant))}
    return {"process": process.name, "unread": str(world.unread_of(stuck.participant))}


def _of_matter(matter: Matter, now: datetime) -> dict[str, Any]:
    names = {"about": matter.about, "count": matter.count}
    return {
        "title": sentence("matter_titles", matter.kind, **names),
        "why": sentence("matter_causes", matter.kind, **names),
        "do": sentence("matter_remedies", matter.kind, **names),
        "runbook": matter.runbook,
        "since": view.stamp(matter.since),
        "age": in_words(now - matter.since) if matter.since else None,
        "urgent": False,
        "referrals": [],
        "left_out": 0,
    }
