"""Who signed in and did what when, by random ids: the bridge's own record, which no log repeats."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import insert, select

from ngo_bridge.database import Database
from ngo_bridge.tables import audit

Kind = Literal[
    "signed-in",
    "refused",
    "locked",
    "signed-out",
    "signed-out-everywhere",
    "sessions-revoked",
    "account-added",
    "account-reset",
    "account-revoked",
    "password-changed",
    "acted",
]

ADMINISTRATOR = "administrator"
"""The actor of what is done by hand on the machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line. `actor`: a caseworker's id, `token:` and a token's id, or who stands at the machine.

    `about`: a caseworker's or a referral's id. `what`: the route, for `acted`.
    """

    kind: Kind
    actor: str | None = None
    about: str | None = None
    what: str | None = None


class AuditBook:
    """Lines in the bridge's database; nothing changes or removes one."""

    def __init__(self, database: Database) -> None:
        """`database`: the bridge's own."""
        self._database = database

    def note(self, entry: Entry, now: datetime) -> None:
        """Writes a line."""
        values = {"kind": entry.kind, "actor": entry.actor, "about": entry.about, "what": entry.what}
        with self._database.transaction() as connection:
            connection.execute(insert(audit).values(at=now.astimezone(UTC).isoformat(), **values))

    def lines(self, after: int = 0, limit: int = 1000) -> Iterator[tuple[int, datetime, Entry]]:
        """Number, time and line of those behind number `after`, in order."""
        chosen = select(audit).where(audit.c.number > after).order_by(audit.c.number).limit(limit)
        with self._database.snapshot() as connection:
            rows = connection.execute(chosen).all()
        for row in rows:
            entry = Entry(kind=row.kind, actor=row.actor, about=row.about, what=row.what)
            yield row.number, datetime.fromisoformat(row.at), entry
