"""Signing keys of programmes, pinned as first seen: another key needs more than a listing."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select

from consent_ledger.database import Database
from consent_ledger.records import to_ms
from consent_ledger.tables import pinned_keys
from referral_exchange.events import ProgrammeListed

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pin:
    """The key that a programme signs with."""

    key_id: str
    signing_key: bytes


class Pins:
    """What is pinned, in memory and in the database. Written by one thread, read by any."""

    def __init__(self, database: Database) -> None:
        """Reads what was pinned before."""
        self._database = database
        self._reported: set[tuple[str, bytes]] = set()
        with database.transaction() as connection:
            rows = connection.execute(select(pinned_keys)).all()
        self._pins = {row.programme: Pin(row.key_id, row.signing_key) for row in rows}

    def key(self, programme: str, key_id: str, /) -> bytes | None:
        """The raw Ed25519 key of `programme` under `key_id`; None where no such key is pinned."""
        pin = self._pins.get(programme)
        return pin.signing_key if pin and pin.key_id == key_id else None

    def take(self, programmes: Mapping[str, ProgrammeListed], now: datetime) -> None:
        """Pins the keys of programmes seen for the first time; reports changed ones and keeps the old."""
        new = [p for p in programmes.values() if p.programme_id not in self._pins]
        if new:
            with self._database.transaction() as connection:
                connection.execute(insert(pinned_keys), [_row(listed, now) for listed in new])
            self._pins |= {p.programme_id: Pin(p.key_id, p.signing_key) for p in new}
        for listed in programmes.values():
            self._report_change(listed)

    def _report_change(self, listed: ProgrammeListed) -> None:
        pin, change = self._pins[listed.programme_id], (listed.programme_id, listed.signing_key)
        if pin != Pin(listed.key_id, listed.signing_key) and change not in self._reported:
            self._reported.add(change)
            log.error(
                "%s lists another signing key than the pinned one; the pinned one stays until a person "
                "has confirmed the new one with the programme",
                listed.programme_id,
            )


def _row(listed: ProgrammeListed, now: datetime) -> dict[str, object]:
    return {
        "programme": listed.programme_id,
        "key_id": listed.key_id,
        "signing_key": listed.signing_key,
        "pinned_at": to_ms(now),
    }
