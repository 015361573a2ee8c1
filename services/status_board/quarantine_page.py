"""The page of what was set aside, by class, and its replay after repair behind the console's key."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from aiohttp import web

from referral_exchange.oversight.quarantine_classes import MEANINGS
from referral_exchange.oversight.quarantined import read_pointer
from referral_exchange.oversight.replay import WAITING
from referral_exchange.oversight.set_aside import Pointer, SetAside
from referral_exchange.oversight.trouble import LookFailed
from referral_exchange.oversight.words import plain
from referral_exchange.registry import RegistryRefused
from status_board import matters, view
from status_board.class_remedies import REMEDIES
from status_board.replaying import MOST, NOT_TRIED, outcome
from status_board.site import Site, utc_now
from status_board.words import in_words, word

SHOWN = 200
"""Messages of one class on the page."""


class QuarantinePage:
    """`GET /quarantine` and `POST /quarantine/replay`."""

    def __init__(self, site: Site) -> None:
        """Connects nothing."""
        self._site = site

    async def page(self, request: web.Request) -> web.Response:
        """What is set aside, by class; nothing of what stands in a message."""
        return self._show(request)

    async def replay(self, request: web.Request) -> web.Response:
        """Asks the router to read again what was ticked, or all of one class. Needs the console's key."""
        site, form = self._site, await request.post()
        if not site.guard.holds(str(form.get("guard", ""))):
            return self._show(request, fault="form-old", status=403)
        opened = site.key.tried(str(form.get("key", "")), request.remote or "")
        if opened != "opens":
            status = {"wait": 429, "none": 503}.get(opened, 403)
            return self._show(request, fault=f"key-{opened}", status=status)
        chosen = self._chosen([str(each) for each in form.getall("pointer", [])], str(form.get("class", "")))
        if not chosen:
            return self._show(request, fault="nothing-chosen", status=422)
        try:
            became = await asyncio.to_thread(site.replaying, chosen)
        except (LookFailed, RegistryRefused):
            return self._show(request, fault="not-asked", status=503)
        return self._show(request, became=became)

    def _chosen(self, typed: list[str], code: str) -> list[Pointer]:
        """Only what is set aside now, whatever was sent."""
        there = matters.open_ones(self._site.world(utc_now()))
        if code:
            return [each.pointer for each in there if each.code == code][:MOST]
        wanted = {pointer for each in typed if (pointer := _read(each)) is not None}
        return [each.pointer for each in there if each.pointer in wanted][:MOST]

    def _show(
        self,
        request: web.Request,
        *,
        fault: str | None = None,
        became: Mapping[Pointer, str] | None = None,
        status: int = 200,
    ) -> web.Response:
        now, site = utc_now(), self._site
        world = site.world(now)
        wait_s = site.key.wait_s(request.remote or "")
        return site.show(
            request,
            "quarantine.html",
            now,
            status=status,
            here="quarantine",
            world=world,
            looked_at=view.stamp(world.looked_at.get("records")),
            groups=_groups(matters.open_ones(world), world.within, now),
            fault=fault,
            wait_s=int(wait_s) + 1,
            became=[_became(pointer, how) for pointer, how in (became or {}).items()],
            guard=site.guard.new(),
        )


def _read(typed: str) -> Pointer | None:
    try:
        return read_pointer(typed)
    except (LookFailed, ValueError):
        return None


def _became(pointer: Pointer, how: str) -> dict[str, Any]:
    code = outcome(how)
    return {
        "pointer": plain(str(pointer)),
        "how": word("outcomes", code),
        "good": code == "replayed",
        "waits": code in (WAITING, NOT_TRIED),
    }


def _groups(
    found: Iterable[SetAside], within: frozenset[Pointer] | None, now: datetime
) -> list[dict[str, Any]]:
    by_class: dict[str, list[SetAside]] = {}
    for each in found:
        by_class.setdefault(each.code, []).append(each)
    return [_group(code, alike, within, now) for code, alike in sorted(by_class.items())]


def _group(
    code: str, alike: list[SetAside], within: frozenset[Pointer] | None, now: datetime
) -> dict[str, Any]:
    known = code if code in MEANINGS else "other"
    return {
        "code": code if code in MEANINGS else "other",
        "means": word("class_means", known),
        "do": word("class_remedies", REMEDIES.get(code, "other")),
        "known": code in MEANINGS,
        "count": len(alike),
        "left_out": max(0, len(alike) - SHOWN),
        "messages": [
            {
                "pointer": plain(str(each.pointer)),
                "at": view.stamp(each.at),
                "age": in_words(now - each.at),
                "gone": within is not None and each.pointer not in within,
            }
            for each in alike[:SHOWN]
        ],
    }
