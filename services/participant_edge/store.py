"""The edge's own SQLite file: one writer process, durable before anything is answered."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import OperationalError

from participant_edge.errors import OutcomeUnknown
from participant_edge.tables import VERSION, metadata

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # an acknowledged row survives the machine
    "PRAGMA busy_timeout=10000",
    "PRAGMA secure_delete=ON",  # erased sealed bytes are overwritten, not only unlinked
)


class StoreUnusable(Exception):
    """The data folder cannot be used; the message says why and what to do."""


class StoreFull(OutcomeUnknown):
    """The disk takes nothing now, or is busy for too long. What was asked can be repeated."""


class Store:
    """Transactions on the edge's database. Thread-safe; a data folder serves one process at a time."""

    def __init__(self, folder: Path) -> None:
        """Makes folder and tables where they are absent. Raises StoreUnusable."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._closed = False
        self._lock = _take(folder / "edge.lock")
        self._engine = _engine(folder / "edge.db")
        with self.write() as connection:
            _lay_out(connection)

    def write(self) -> AbstractContextManager[Connection]:
        """One transaction that writes: all of it or nothing. Raises StoreFull."""
        return self._transaction(writes=True)

    def read(self) -> AbstractContextManager[Connection]:
        """One consistent view, which waits for no writer. Raises StoreFull."""
        return self._transaction(writes=False)

    def checkpoint(self) -> None:
        """Empties the write-ahead log, which still holds what was erased since the last time."""
        with self._engine.connect() as connection:
            raw = connection.connection.dbapi_connection
            if raw is not None:
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Closes the file and lets another process have the folder. A second time it does nothing."""
        if not self._closed:
            self._closed = True
            self._engine.dispose()
            os.close(self._lock)

    @contextmanager
    def _transaction(self, *, writes: bool) -> Iterator[Connection]:
        try:
            with self._engine.connect().execution_options(writes=writes) as connection, connection.begin():
                yield connection
        except OperationalError:
            # Its text quotes the statement; what to do is the same for every kind of it.
            raise StoreFull(
                "the edge cannot write to its own disk now; free some space, then repeat with the same ids"
            ) from None


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


def _engine(path: Path) -> Engine:
    # `autocommit=False` drivers begin nothing on SELECT, so each transaction begins here, by hand.
    engine = create_engine(URL.create("sqlite", database=str(path)), hide_parameters=True)
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(raw: Any, _record: Any) -> None:
    raw.isolation_level = None
    for pragma in _PRAGMAS:
        raw.execute(pragma)


def _on_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _lay_out(connection: Connection) -> None:
    found = connection.execute(text("PRAGMA user_version")).scalar_one()
    if found not in (0, VERSION):
        raise StoreUnusable(
            f"the database has layout {found}, this edge knows {VERSION}; install the newer edge"
        )
    metadata.create_all(connection)
    connection.execute(text(f"PRAGMA user_version={VERSION}"))
