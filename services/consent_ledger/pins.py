"""Signing keys of programmes, pinned as first seen: another key needs the word of the pinned one."""

import hashlib
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sqlalchemy import delete, insert, select, update

from consent_ledger import evidence_rows
from consent_ledger.database import Database
from consent_ledger.evidence import Act
from consent_ledger.records import to_ms
from consent_ledger.tables import pinned_keys
from referral_exchange.events import ProgrammeListed
from referral_exchange.signing import key_endorsement_bytes, verifies

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pin:
    """The key that a programme signs with."""

    key_id: str
    signing_key: bytes
    participant: str | None = None


class Pins:
    """What is pinned, in memory and in the database. Written by one thread, read by any."""

    def __init__(self, database: Database) -> None:
        """Reads what was pinned before."""
        self._database = database
        self._reported: set[tuple[str, bytes]] = set()
        with database.transaction() as connection:
            rows = connection.execute(select(pinned_keys)).all()
        self._pins = {row.programme: Pin(row.key_id, row.signing_key, row.participant) for row in rows}

    def key(self, programme: str, key_id: str, /) -> bytes | None:
        """The raw Ed25519 key of `programme` under `key_id`; None where no such key is pinned."""
        pin = self._pins.get(programme)
        return pin.signing_key if pin and pin.key_id == key_id else None

    def participant(self, programme: str) -> str | None:
        """Who runs `programme`, as listed last; None where nothing is pinned, or it was not read yet."""
        pin = self._pins.get(programme)
        return pin.participant if pin else None

    def forget(self, programmes: Collection[str]) -> None:
        """Drops the keys of programmes that were expelled: from then on they are strangers."""
        gone = self._pins.keys() & set(programmes)
        if gone:
            with self._database.transaction() as connection:
                connection.execute(delete(pinned_keys).where(pinned_keys.c.programme.in_(gone)))
            self._pins = {name: pin for name, pin in self._pins.items() if name not in gone}

    def take(self, programmes: Mapping[str, ProgrammeListed], now: datetime) -> None:
        """Pins keys seen for the first time, and new ones that the pinned key signed; reports the others.

        From then on the programme signs with the new key only.
        """
        new = [p for p in programmes.values() if p.programme_id not in self._pins]
        endorsed = [p for p in programmes.values() if self._is_endorsed(p)]
        if new or endorsed:
            with self._database.transaction() as connection:
                replaced = pinned_keys.c.programme.in_([p.programme_id for p in endorsed])
                connection.execute(delete(pinned_keys).where(replaced))
                connection.execute(insert(pinned_keys), [_row(listed, now) for listed in (*new, *endorsed)])
                acts = [_act("key-pinned", listed) for listed in new]
                acts += [_act("key-replaced", listed) for listed in endorsed]
                evidence_rows.note(connection, now, (), acts)
            self._pins |= {p.programme_id: _pin(p) for p in (*new, *endorsed)}
        self._follow_participants(programmes)
        for listed in endorsed:
            log.warning("%s has another signing key, and its old one vouches for it", listed.programme_id)
        for listed in programmes.values():
            self._report_change(listed)

    def _follow_participants(self, programmes: Mapping[str, ProgrammeListed]) -> None:
        runs = {p.programme_id: p.participant_id for p in programmes.values()}
        moved = {name: who for name, who in runs.items() if self._pins[name].participant != who}
        if moved:
            with self._database.transaction() as connection:
                for name, who in moved.items():
                    of_it = update(pinned_keys).where(pinned_keys.c.programme == name)
                    connection.execute(of_it.values(participant=who))
            self._pins |= {name: replace(self._pins[name], participant=who) for name, who in moved.items()}

    def _is_endorsed(self, listed: ProgrammeListed) -> bool:
        """Whether the pinned key signed this one, which is of another id."""
        pin, signature = self._pins.get(listed.programme_id), listed.previous_key_signature
        if pin is None or signature is None or listed.key_id == pin.key_id:
            return False
        covered = key_endorsement_bytes(
            listed.programme_id, listed.signing_key, listed.sealing_key, listed.key_id
        )
        return listed.previous_key_id == pin.key_id and verifies(pin.signing_key, signature, covered)

    def _report_change(self, listed: ProgrammeListed) -> None:
        pin, change = self._pins[listed.programme_id], (listed.programme_id, listed.signing_key)
        if pin != _pin(listed) and change not in self._reported:
            self._reported.add(change)
            log.error(
                "%s lists another signing key than the pinned one; the pinned one stays until a person "
                "has confirmed the new one with the programme",
                listed.programme_id,
            )


def _act(kind: Literal["key-pinned", "key-replaced"], listed: ProgrammeListed) -> Act:
    digest = hashlib.sha256(listed.signing_key).hexdigest()
    return Act(kind, {"programme": listed.programme_id, "key_id": listed.key_id, "sha256": digest})


def _pin(listed: ProgrammeListed) -> Pin:
    return Pin(listed.key_id, listed.signing_key, listed.participant_id)


def _row(listed: ProgrammeListed, now: datetime) -> dict[str, object]:
    return {
        "programme": listed.programme_id,
        "key_id": listed.key_id,
        "signing_key": listed.signing_key,
        "pinned_at": to_ms(now),
        "participant": listed.participant_id,
    }
