"""The two databases an edge may stand on: a SQLite file of its own, or PostgreSQL. One writer at a time."""

import fcntl
import os
import threading
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, create_engine, event, text
from sqlalchemy.exc import DBAPIError

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # an acknowledged row survives the machine
    "PRAGMA busy_timeout=10000",
    "PRAGMA secure_delete=ON",  # erased sealed bytes are overwritten, not only unlinked
)

# Advisory locks of PostgreSQL, in each schema: who serves it, and who writes now.
_SERVES = "SELECT pg_try_advisory_lock(7201, hashtext(current_schema()))"
_WRITES = "SELECT pg_advisory_xact_lock(7202, hashtext(current_schema()))"


class StoreUnusable(Exception):
    """The edge's database cannot be used; the message says why and what to do."""


class SqliteFile:
    """`edge.db` in a folder that serves one process at a time, also after `kill -9` of the one before."""

    def __init__(self, folder: Path) -> None:
        """Makes the folder where it is absent. Raises StoreUnusable."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = _take(folder / "edge.lock")
        # An error's text may quote its parameters.
        url = URL.create("sqlite", database=str(folder / "edge.db"))
        self.engine = create_engine(url, hide_parameters=True)
        self.reading: dict[str, Any] = {}
        # SQLite's own busy handler sleeps and guesses, up to seconds; whoever waits here comes next.
        self.turn: AbstractContextManager[Any] = threading.Lock()
        event.listen(self.engine, "connect", _on_connect)
        event.listen(self.engine, "begin", _on_begin_sqlite)

    def forget_history(self) -> None:
        """Empties the write-ahead log, which still holds what was erased since the last time."""
        with self.engine.connect() as connection:
            raw = connection.connection.dbapi_connection
            if raw is not None:
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Lets another process have the folder."""
        self.engine.dispose()
        os.close(self._lock)


class Postgres:
    """A schema of a PostgreSQL database; served by whoever holds its lock, for as long as it is connected."""

    def __init__(self, url: str) -> None:
        """`url` as SQLAlchemy takes it. Raises StoreUnusable."""
        self.engine = create_engine(url, hide_parameters=True)
        self.reading = {"isolation_level": "REPEATABLE READ"}
        self.turn: AbstractContextManager[Any] = nullcontext()
        self._lock = threading.RLock()
        self._holder: Connection | None = None
        self._sure = False
        event.listen(self.engine, "connect", self._on_connect)
        event.listen(self.engine, "begin", self._on_begin)
        try:
            self._hold()
        except DBAPIError:
            raise StoreUnusable(
                "the PostgreSQL server does not answer; start it, or mend its address"
            ) from None

    def forget_history(self) -> None:
        """Nothing: what was erased goes with the server's own vacuum."""

    def close(self) -> None:
        """Lets another process have the schema."""
        with self._lock:
            if self._holder is not None:
                self._holder.close()
            self.engine.dispose()

    def _hold(self) -> None:
        """Takes the lock, again where its connection broke. Raises StoreUnusable where another has it."""
        with self._lock:
            if self._holder is None or not _answers(self._holder):
                self._holder = None
                self._holder = self._taken()
            self._sure = True

    def _taken(self) -> Connection:
        holder = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if holder.scalar(text(_SERVES)):
            return holder
        holder.close()
        raise StoreUnusable("another process serves this participant from the same database; stop it")

    def _on_connect(self, _raw: Any, _record: Any) -> None:
        # Maybe the server was away, and its locks are gone.
        self._sure = False

    def _on_begin(self, connection: Connection) -> None:
        if not connection.get_execution_options().get("writes", False):
            return
        if not self._sure:
            self._hold()
        # Writers take turns, as with SQLite: what is numbered is then seen in the order of its numbers.
        connection.exec_driver_sql(_WRITES)


Database = SqliteFile | Postgres


def database_at(where: Path | str) -> Database:
    """A folder, or the address of a PostgreSQL database. Raises StoreUnusable."""
    if isinstance(where, Path):
        return SqliteFile(where)
    if not where.startswith("postgresql"):
        raise StoreUnusable("give a folder for SQLite, or the address of a PostgreSQL database")
    return Postgres(where)


def _take(path: Path) -> int:
    held = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(held)
        raise StoreUnusable(
            "another process serves this participant from the same data folder; stop it"
        ) from None
    return held


def _answers(holder: Connection) -> bool:
    try:
        holder.scalar(text("SELECT 1"))
    except DBAPIError:
        holder.invalidate()
        holder.close()
        return False
    return True


def _on_connect(raw: Any, _record: Any) -> None:
    # Python's driver begins nothing on SELECT, so it is told to begin none at all: `begin` does.
    raw.isolation_level = None
    for pragma in _PRAGMAS:
        raw.execute(pragma)


def _on_begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
