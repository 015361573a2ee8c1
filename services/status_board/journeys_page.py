"""The pages of referrals: a search, and one referral with its steps, consents, clocks and traces."""

from datetime import datetime
from typing import Any

from aiohttp import web

from status_board import searching, view
from status_board.home_page import of_entry
from status_board.searching import AGES, Search
from status_board.site import Site, problem, utc_now
from status_board.words import word
from status_board.world import Held

MOST_LINES = 200
"""Lines on the page; the waiting ones come first, and the page says how many it leaves out."""


class JourneysPage:
    """`GET /journeys` and `GET /journeys/{id}`."""

    def __init__(self, site: Site) -> None:
        """Connects nothing."""
        self._site = site

    async def search(self, request: web.Request) -> web.Response:
        """By the beginning of a referral's id, a programme, a view or state, and the age of its state."""
        now, site, search = utc_now(), self._site, Search.of(request.query)
        entries = site.board.entries()
        lines = searching.found(entries, search, now)
        counted = view.counts(entries, now)
        return site.show(
            request,
            "journeys.html",
            now,
            here="journeys",
            lines=[view.as_line(entry, now, site.traces) for entry in lines[:MOST_LINES]],
            left_out=max(0, len(lines) - MOST_LINES),
            search=search,
            typed=request.query.get("referral", "")[:36],
            programmes=sorted({name for e in entries for name in (e.programme_from, e.programme_to) if name}),
            shows=_shows(counted, search.show),
            ages=[(code, word("ages", code)) for code in AGES],
        )

    async def one(self, request: web.Request) -> web.Response:
        """One referral; 404 where the console has none of that id."""
        now, site, referral_id = utc_now(), self._site, request.match_info["referral_id"]
        entry = site.board.entry(referral_id)
        if entry is None:
            return problem(404, "unknown", "No such referral is on the board; it may have ended a while ago.")
        world = site.world(now)
        return site.show(
            request,
            "journey.html",
            now,
            here="journeys",
            world=world,
            line=view.as_line(entry, now, site.traces),
            card=of_entry(site, entry, now, world),
            steps=view.steps_of(entry, site.traces),
            **_of_record(site.watch.follower.held(referral_id), now),
        )


def _shows(counted: dict[str, int], chosen: str) -> list[tuple[str, str, int]]:
    views = [(name, word("views", name), counted[name]) for name in view.VIEWS]
    states = sorted(code for code in counted if code not in view.VIEWS)
    return [*views, *((code, word("states", code), counted[code]) for code in states)]


def _of_record(held: Held | None, now: datetime) -> dict[str, Any]:
    """Consents and clocks, where the router's record of it was read."""
    if held is None:
        return {"consents": [], "clocks": []}
    return {
        "consents": [
            {
                "from": consent.programme_from,
                "to": consent.programme_to,
                "standing": word("standings", consent.standing),
                "ends_at": view.stamp(consent.ends_at),
            }
            for consent in held.record.consents
        ],
        "clocks": [
            {
                "name": word("clocks", clock.name),
                "due_at": view.stamp(clock.due_at),
                "due": view.due(clock.due_at, now),
                "elapsed": clock.elapsed,
            }
            for clock in held.record.clocks
        ],
    }
