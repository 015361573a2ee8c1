"""The two databases an edge may stand on: a SQLite file of its own, or PostgreSQL. One process at a time."""

import fcntl
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import DBAPIError

from referral_exchange.databases import Database, Manner, file_url

# Advisory locks of PostgreSQL, in each schema: who serves it, and who writes now. Writers take turns, as
# with SQLite: what is numbered is then seen in the order of its numbers.
_SERVES = "SELECT pg_try_advisory_lock(7201, hashtext(current_schema()))"
_SERVES_NO_MORE = "SELECT pg_advisory_unlock(7201, hashtext(current_schema()))"
_TURN = "7202, hashtext(current_schema())"


class StoreUnusable(Exception):
    """The edge's database cannot be used; the message says why and what to do."""


class Hold(Protocol):
    """What keeps other processes off, also after `kill -9` of the one before."""

    def let_go(self) -> None:
        """Lets another process have the database."""


class FolderHold:
    """A folder that serves one process at a time."""

    def __init__(self, folder: Path) -> None:
        """Makes the folder where it is absent. Raises StoreUnusable."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._held = os.open(folder / "edge.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._held)
            raise StoreUnusable(
                "another process serves this participant from the same data folder; stop it"
            ) from None

    def let_go(self) -> None:
        """Lets another process have the folder."""
        os.close(self._held)


class SchemaHold:
    """A schema of PostgreSQL, served by whoever holds its lock, for as long as it is connected."""

    def __init__(self, engine: Engine) -> None:
        """Looks before every write of `engine`. Raises StoreUnusable."""
        self._engine = engine
        self._lock = threading.RLock()
        self._holder: Connection | None = None
        self._sure = False
        event.listen(engine, "connect", self._on_connect)
        event.listen(engine, "begin", self._on_begin)
        try:
            self._hold()
        except DBAPIError:
            raise StoreUnusable(
                "the PostgreSQL server does not answer; start it, or mend its address"
            ) from None

    def let_go(self) -> None:
        """Lets another process have the schema."""
        with self._lock:
            if self._holder is not None:
                # By word: the server may take a while to see that a connection went, and held it until then.
                with suppress(DBAPIError):
                    self._holder.execute(text(_SERVES_NO_MORE))
                self._holder.invalidate()
                self._holder.close()

    def _hold(self) -> None:
        """Takes the lock, again where its connection broke. Raises StoreUnusable where another has it."""
        with self._lock:
            if self._holder is None or not _answers(self._holder):
                self._holder = None
                self._holder = self._taken()
            self._sure = True

    def _taken(self) -> Connection:
        holder = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT", reads_only=True)
        if holder.scalar(text(_SERVES)):
            return holder
        holder.close()
        raise StoreUnusable("another process serves this participant from the same database; stop it")

    def _on_connect(self, _raw: Any, _record: Any) -> None:
        # Maybe the server was away, and its locks are gone.
        self._sure = False

    def _on_begin(self, connection: Connection) -> None:
        if not connection.get_execution_options().get("reads_only") and not self._sure:
            self._hold()


def database_at(where: Path | str, away: Callable[[], Exception]) -> tuple[Database, Hold]:
    """A folder, or the address of a PostgreSQL database. Raises StoreUnusable."""
    if isinstance(where, Path):
        hold = FolderHold(where)
        return Database(file_url(where / "edge.db"), Manner(away)), hold
    if not where.startswith("postgresql"):
        raise StoreUnusable("give a folder for SQLite, or the address of a PostgreSQL database")
    # A broken connection is no matter for the pool alone: the hold may have gone with it.
    database = Database(where, Manner(away, turn=_TURN, asks_first=False))
    return database, SchemaHold(database.engine)


def _answers(holder: Connection) -> bool:
    try:
        holder.scalar(text("SELECT 1"))
    except DBAPIError:
        holder.invalidate()
        holder.close()
        return False
    return True
