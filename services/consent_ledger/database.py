"""One transactional database: every operation is a write transaction from its first statement."""

import fcntl
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url

_BUSY_MS = 10_000
"""How long a statement waits for another process that holds the database."""


class DatabaseInUse(Exception):
    """Another ledger works on this database. Stop it first, or give this one a database of its own."""


@contextmanager
def held_alone(url: str) -> Iterator[None]:
    """Keeps a second process off a SQLite file, even after `kill -9` of the first. Raises DatabaseInUse.

    PostgreSQL needs no such guard: there rows are held, not the file.
    """
    path = _file(url)
    if path is None:
        yield
        return
    with path.with_name(f"{path.name}.held").open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DatabaseInUse(f"{path.name}: another ledger works on it; stop that one first") from None
        yield


class Database:
    """Transactions on the ledger's database, migrated to its newest shape."""

    def __init__(self, url: str) -> None:
        """`url` as SQLAlchemy takes it: `sqlite:////path/ledger.db`, or PostgreSQL in production."""
        self._engine = _engine(url)
        # SQLite has one writer at a time; waiting here is fair, its own busy handler sleeps and guesses.
        self._turn: AbstractContextManager[Any] = (
            threading.Lock() if self._engine.dialect.name == "sqlite" else nullcontext()
        )
        with self.transaction() as connection:
            _migrate(connection)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Commits when the block ends, before anything after it; rolls back on an exception."""
        with self._turn, self._engine.begin() as connection:
            yield connection

    def forget_history(self) -> None:
        """Empties SQLite's write-ahead log, where old pages stand until then; elsewhere nothing."""
        if self._engine.dialect.name != "sqlite":
            return
        with self._turn:
            raw = self._engine.raw_connection()
            try:
                raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                raw.close()

    def close(self) -> None:
        """Closes every connection."""
        self._engine.dispose()


def _file(url: str) -> Path | None:
    """The SQLite file of `url`, its folder made where absent; None for another database."""
    named = make_url(url)
    if named.get_backend_name() != "sqlite" or not named.database:
        return None
    path = Path(named.database)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def _engine(url: str) -> Engine:
    _file(url)
    # An error may quote its parameters, and those are personal.
    engine = create_engine(url, hide_parameters=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_immediate)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    # Python's driver begins no transaction on SELECT, so it is told to begin none at all: `begin` does.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {_BUSY_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "secure_delete = ON",
        "foreign_keys = ON",
        "trusted_schema = OFF",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _migrate(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", "consent_ledger:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
