"""Sessions, kept here and not in the browser: short, hashed, and over the moment their row is gone."""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from sqlalchemy import delete, insert, select, update

from ngo_bridge.database import Database
from ngo_bridge.sign_in import rules
from ngo_bridge.sign_in.rules import Role
from ngo_bridge.tables import caseworker, session

_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")
_NOTED_EVERY = timedelta(seconds=30)
"""Use is noted no finer: a write for every page would be one too many."""


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in. `digest` is what is kept of the cookie: SHA-256 of 32 random bytes."""

    digest: str
    caseworker_id: str
    name: str
    role: Role


class SessionBook:
    """Sessions in the bridge's database: who reads it can sign in as nobody with it."""

    def __init__(self, database: Database) -> None:
        """`database`: the bridge's own."""
        self._database = database

    def begin(self, caseworker_id: str, now: datetime) -> str:
        """A new session; what is returned goes into the browser's cookie and is kept nowhere."""
        raw = secrets.token_bytes(32)
        row = {
            "digest": _digest(raw),
            "caseworker_id": caseworker_id,
            "started_at": _text(now),
            "seen_at": _text(now),
        }
        too_old = session.c.started_at < _text(now - rules.LONGEST)
        over = too_old | (session.c.seen_at < _text(now - rules.IDLE))
        with self._database.transaction() as connection:
            connection.execute(delete(session).where(over))
            connection.execute(insert(session).values(row))
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    def find(self, cookie: str, now: datetime, used: bool = True) -> Session | None:
        """The session of a browser's cookie, if it is not over and its account stands. Notes its use.

        `used` False: nobody did anything, so nothing is noted.
        """
        if not _SHAPE.fullmatch(cookie):
            return None
        digest = _digest(base64.urlsafe_b64decode(cookie + "="))
        chosen = (
            select(session, caseworker.c.name, caseworker.c.role)
            .join(caseworker, caseworker.c.caseworker_id == session.c.caseworker_id)
            .where(session.c.digest == digest, caseworker.c.revoked_at.is_(None))
        )
        with self._database.snapshot() as connection:
            row = connection.execute(chosen).first()
        if row is None:
            return None
        started, seen = (datetime.fromisoformat(moment) for moment in (row.started_at, row.seen_at))
        if now >= rules.ends_at(started, seen):
            return None
        if used and now - seen >= _NOTED_EVERY:
            self._note_use(digest, now)
        return Session(digest, row.caseworker_id, row.name, cast(Role, row.role))

    def end(self, digest: str) -> None:
        """Ends one session. What its browser keeps opens nothing from now on."""
        with self._database.transaction() as connection:
            connection.execute(delete(session).where(session.c.digest == digest))

    def end_all(self, caseworker_id: str) -> int:
        """Ends every session of one account; how many there were."""
        with self._database.transaction() as connection:
            ended = connection.execute(delete(session).where(session.c.caseworker_id == caseworker_id))
        return ended.rowcount

    def live(self, now: datetime) -> dict[str, int]:
        """How many sessions each account has that are not over."""
        chosen = select(session.c.caseworker_id, session.c.started_at, session.c.seen_at)
        found: dict[str, int] = {}
        with self._database.snapshot() as connection:
            for row in connection.execute(chosen):
                times = (datetime.fromisoformat(moment) for moment in (row.started_at, row.seen_at))
                if now < rules.ends_at(*times):
                    found[row.caseworker_id] = found.get(row.caseworker_id, 0) + 1
        return found

    def _note_use(self, digest: str, now: datetime) -> None:
        with self._database.transaction() as connection:
            # A session that was ended in between stays ended: there is no row left to change.
            connection.execute(update(session).where(session.c.digest == digest).values(seen_at=_text(now)))


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
