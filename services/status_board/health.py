"""Asks every process of the settings, each second, whether it can work."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from referral_exchange.runtime.tls import client_context
from referral_exchange.settings import SettingsError, Tls
from status_board.world import Health, Status

EVERY_S = 1.0
TIMEOUT_S = 2.0
_MOST = 65536


@dataclass(frozen=True, slots=True)
class Watched:
    """One process. `participant`: whose edge it is; empty for a service of the exchange."""

    name: str
    participant: str
    address: str

    @classmethod
    def of(cls, setting: str) -> "Watched":
        """`name address`, or `name participant address`. Raises SettingsError."""
        pieces = setting.split()
        if len(pieces) not in (2, 3) or urlsplit(pieces[-1]).scheme not in ("http", "https"):
            raise SettingsError("[service] watched: each is 'name address' or 'name participant address'")
        return cls(pieces[0], pieces[1] if len(pieces) == 3 else "", pieces[-1].rstrip("/"))


class Healths:
    """What each process last answered."""

    def __init__(self, watched: Iterable[Watched], tls: Tls | None) -> None:
        """`tls`: who asks those that want a certificate."""
        self._watched = tuple(watched)
        self._tls = tls
        begun = datetime.now(UTC)
        self._seen = {w.name: Health(w.name, w.participant, "never", begun) for w in self._watched}

    def all(self) -> tuple[Health, ...]:
        """Every process, in the order of the settings."""
        return tuple(self._seen[each.name] for each in self._watched)

    async def watch(self) -> None:
        """Asks until it is cancelled."""
        limits = aiohttp.ClientTimeout(total=TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=limits, trust_env=False) as session:
            while True:
                await asyncio.gather(*(self._look(session, each) for each in self._watched))
                await asyncio.sleep(EVERY_S)

    async def _look(self, session: aiohttp.ClientSession, watched: Watched) -> None:
        status, figures = await self._ask(session, watched)
        self._seen[watched.name] = after(self._seen[watched.name], status, figures, datetime.now(UTC))

    async def _ask(self, session: aiohttp.ClientSession, watched: Watched) -> tuple[Status, dict[str, float]]:
        secure = watched.address.startswith("https:")
        context = client_context(self._tls) if secure and self._tls else True
        try:
            async with session.get(f"{watched.address}/health/ready", ssl=context) as answer:
                body = await answer.content.read(_MOST)
                return ("ready" if answer.status == 200 else "not-ready"), figures_of(body)
        except (aiohttp.ClientError, TimeoutError, OSError, SettingsError):
            return "silent", {}


def after(before: Health, status: Status, figures: Mapping[str, float], now: datetime) -> Health:
    """What is known of a process after it answered `status` at `now`; one never heard stays so."""
    if status == "silent" and before.status == "never":
        return before
    since = before.since if status == before.status else now
    seen_at = now if status == "ready" else before.seen_at
    return replace(before, status=status, since=since, seen_at=seen_at, figures=dict(figures))


def figures_of(body: bytes) -> dict[str, float]:
    """The few figures of a health page that the console shows: the router's tick and its partitions."""
    told = _object(body)
    found = {}
    if isinstance(age := told.get("last_tick_age_s"), int | float):
        found["last_tick_age_s"] = float(age)
    if isinstance(partitions := told.get("partitions"), dict):
        restored = [bool(each.get("restored")) for each in partitions.values() if isinstance(each, dict)]
        found |= {"partitions": float(len(restored)), "restored": float(sum(restored))}
    return found


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
