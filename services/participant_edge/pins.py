"""Keys of other programmes: pinned on first sight, and a later one waits for a human."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, insert, select, update

from participant_edge.tables import pins
from referral_exchange.events import ProgrammeListed
from referral_exchange.signing import key_endorsement_bytes, verifies


@dataclass(frozen=True, slots=True)
class Pin:
    """A programme's keys under one id. `trusted`: pinned on first sight, or confirmed by a human."""

    programme: str
    key_id: str
    signing_key: bytes
    sealing_key: bytes | None
    trusted: bool


@dataclass(frozen=True, slots=True)
class Learnt:
    """Programmes whose keys are `other` than the pinned ones, or new and `endorsed` by the pinned one."""

    other: tuple[str, ...]
    endorsed: tuple[str, ...]


def learn(connection: Connection, programmes: Mapping[str, ProgrammeListed], now: datetime) -> Learnt:
    """Pins what is seen for the first time, and new keys that the pinned key vouches for.

    Other keys under a new id are proposed to a human; under an id that stands they are never taken.
    """
    seen = {(row.programme, row.key_id): row for row in connection.execute(select(pins))}
    pinned = {programme for programme, _ in seen}
    other, endorsed = [], []
    for name, listed in programmes.items():
        old = seen.get((name, listed.key_id))
        if old is None:
            _write(connection, listed, "proposed" if name in pinned else "pinned", now)
        # What was proposed under that id may be another's: the signature vouches for these keys only.
        proposed = old is None or (old.state == "proposed" and _same(old, listed))
        if proposed and _endorsed(seen.get(_before(listed)), listed):
            endorsed += [name] if confirm(connection, name, listed.key_id, now) else []
        elif (old is None and name in pinned) or (old is not None and not _same(old, listed)):
            other.append(name)
    return Learnt(tuple(other), tuple(endorsed))


def pin_of(connection: Connection, programme: str, key_id: str | None = None) -> Pin | None:
    """The programme's keys under `key_id`, or the ones it has now; None where none were seen."""
    query = select(pins).where(pins.c.programme == programme)
    query = query.where(pins.c.state == "pinned" if key_id is None else pins.c.key_id == key_id)
    row = connection.execute(query.order_by(pins.c.seen_at.desc())).first()
    if row is None:
        return None
    return Pin(row.programme, row.key_id, row.signing_key, row.sealing_key, row.state != "proposed")


def confirm(connection: Connection, programme: str, key_id: str, now: datetime) -> bool:
    """A human vouches for a proposed key; False where nothing of that name is proposed."""
    own = and_(pins.c.programme == programme, pins.c.key_id == key_id, pins.c.state == "proposed")
    if connection.execute(select(pins).where(own)).first() is None:
        return False
    # What was signed with the old key is still on its way; only nothing new is sealed to it.
    old = and_(pins.c.programme == programme, pins.c.state == "pinned")
    connection.execute(update(pins).where(old).values(state="retired"))
    connection.execute(update(pins).where(own).values(state="pinned", seen_at=now))
    return True


def _before(listed: ProgrammeListed) -> tuple[str, str]:
    return listed.programme_id, listed.previous_key_id or ""


def _endorsed(previous: Row[Any] | None, listed: ProgrammeListed) -> bool:
    """Whether the key that stands pinned now signed the new ones. One that was replaced vouches no more."""
    if previous is None or previous.state != "pinned" or listed.previous_key_signature is None:
        return False
    covered = key_endorsement_bytes(
        listed.programme_id, listed.signing_key, listed.sealing_key, listed.key_id
    )
    return verifies(previous.signing_key, listed.previous_key_signature, covered)


def _same(old: Row[Any], listed: ProgrammeListed) -> bool:
    return (old.signing_key, old.sealing_key) == (listed.signing_key, listed.sealing_key)


def _write(connection: Connection, listed: ProgrammeListed, state: str, now: datetime) -> None:
    values = {
        "programme": listed.programme_id,
        "key_id": listed.key_id,
        "state": state,
        "signing_key": listed.signing_key,
        "sealing_key": listed.sealing_key,
        "seen_at": now,
    }
    connection.execute(insert(pins).values(values))
