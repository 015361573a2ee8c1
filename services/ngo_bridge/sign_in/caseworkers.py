"""Who may sign in: accounts, kept with a hash of the password and a sealed secret for one-time codes."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from ngo_bridge.database import Database
from ngo_bridge.local_secret import LocalSecret
from ngo_bridge.sign_in.rules import Role
from ngo_bridge.tables import caseworker
from participant_edge.own_memory import OwnMemory


class NameTaken(Exception):
    """Somebody signs in by this name already, or did. Choose another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caseworker:
    """An account as it is listed; nothing here lets anybody sign in. `caseworker_id` is random."""

    caseworker_id: str
    name: str
    role: Role
    added_at: datetime
    revoked_at: datetime | None = None
    last_signed_in_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Secrets:
    """What somebody signs in with: the password's hash, and the secret that an app makes codes of."""

    password: str
    codes: str


class CaseworkerBook:
    """Accounts in the bridge's database. One that was taken away stays listed, and its name taken."""

    def __init__(self, database: Database, secret: LocalSecret) -> None:
        """`secret` seals what codes are made of: a copy of the database alone makes none."""
        self._database = database
        self._memory = OwnMemory(secret.mark("one-time codes"))

    def add(self, added: Caseworker, kept: Secrets) -> None:
        """Writes a new account. Raises NameTaken."""
        row = {
            "caseworker_id": added.caseworker_id,
            "name": added.name,
            "role": added.role,
            "added_at": _text(added.added_at),
            **self._sealed(added.caseworker_id, kept),
        }
        with self._database.transaction() as connection:
            _keep_apart(connection, added.name, added.caseworker_id)
            connection.execute(insert(caseworker).values(row))

    def all(self) -> list[Caseworker]:
        """Every account, in the order they were added."""
        chosen = select(caseworker).order_by(caseworker.c.added_at, caseworker.c.caseworker_id)
        with self._database.snapshot() as connection:
            return [_listed(row) for row in connection.execute(chosen)]

    def find(self, caseworker_id: str) -> Caseworker | None:
        """The account of this id."""
        found = self._row(caseworker.c.caseworker_id == caseworker_id)
        return _listed(found) if found else None

    def named(self, name: str) -> tuple[Caseworker, Secrets] | None:
        """The account that signs in by `name`, and what with; None where none may."""
        found = self._row((caseworker.c.name == name) & caseworker.c.revoked_at.is_(None))
        if found is None:
            return None
        codes = self._memory.reveal(bytes(found.codes), found.caseworker_id).decode()
        return _listed(found), Secrets(password=found.password, codes=codes)

    def use(self, caseworker_id: str, step: int, today: date) -> bool:
        """Takes the code of `step` out of use, and every one before; False where it was already."""
        fresh = (caseworker.c.caseworker_id == caseworker_id) & (caseworker.c.last_step < step)
        changed = update(caseworker).where(fresh)
        with self._database.transaction() as connection:
            used = connection.execute(changed.values(last_step=step, last_signed_in_on=today.isoformat()))
        return used.rowcount == 1

    def change(self, caseworker_id: str, kept: Secrets, name: str | None = None) -> None:
        """New secrets, and a new name where one is given. Raises NameTaken.

        Codes used so far stay used only where the secret stays: a new secret's codes are all new.
        """
        values = self._sealed(caseworker_id, kept) | ({"name": name} if name else {})
        named = caseworker.c.caseworker_id == caseworker_id
        with self._database.transaction() as connection:
            _keep_apart(connection, name, caseworker_id)
            connection.execute(update(caseworker).where(named).values(values))

    def change_password(self, caseworker_id: str, password: str) -> None:
        """Another hash; codes go on as they were."""
        named = caseworker.c.caseworker_id == caseworker_id
        with self._database.transaction() as connection:
            connection.execute(update(caseworker).where(named).values(password=password))

    def revoke(self, caseworker_id: str, now: datetime) -> bool:
        """Takes the account away; False where there is none, or was before."""
        live = (caseworker.c.caseworker_id == caseworker_id) & caseworker.c.revoked_at.is_(None)
        with self._database.transaction() as connection:
            ended = connection.execute(update(caseworker).where(live).values(revoked_at=_text(now)))
        return ended.rowcount == 1

    def _sealed(self, caseworker_id: str, kept: Secrets) -> dict[str, Any]:
        codes = self._memory.protect(kept.codes.encode(), caseworker_id)
        return {"password": kept.password, "codes": codes, "last_step": 0}

    def _row(self, which: Any) -> Row[Any] | None:
        with self._database.snapshot() as connection:
            return connection.execute(select(caseworker).where(which)).first()


def _keep_apart(connection: Connection, name: str | None, caseworker_id: str) -> None:
    others = (caseworker.c.name == name) & (caseworker.c.caseworker_id != caseworker_id)
    if connection.execute(select(caseworker.c.name).where(others)).first():
        raise NameTaken


def _listed(row: Row[Any]) -> Caseworker:
    return Caseworker(
        caseworker_id=row.caseworker_id,
        name=row.name,
        role=row.role,
        added_at=datetime.fromisoformat(row.added_at),
        revoked_at=datetime.fromisoformat(row.revoked_at) if row.revoked_at else None,
        last_signed_in_on=date.fromisoformat(row.last_signed_in_on) if row.last_signed_in_on else None,
    )


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
