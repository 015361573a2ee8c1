"""The bridge's own database, SQLite in a file or PostgreSQL by URL, brought to its newest shape."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from referral_exchange.migrations import steps_of

_BUSY_MS = 10_000
"""How long a statement waits for another process, such as `tokens issue` beside a running bridge."""

NEWEST = "head"


class StoreUnavailable(Exception):
    """The bridge's database takes nothing now. Free its disk or start its server, then repeat."""


class Database:
    """Transactions on the bridge's database. Thread-safe; several processes may use it."""

    def __init__(self, url: str | URL) -> None:
        """`url` as SQLAlchemy takes it. Makes folder, file and tables where they are absent."""
        self._engine = _engine(make_url(url))
        with self.transaction() as connection:
            migrate(connection, NEWEST)

    @contextmanager
    def transaction(self, *, writes: bool = True) -> Iterator[Connection]:
        """Commits when the block ends, all of it or nothing. Raises StoreUnavailable."""
        try:
            with self._engine.connect().execution_options(writes=writes) as connection, connection.begin():
                yield connection
        except DBAPIError:
            # Its text quotes the statement; what to do is the same for every kind of it.
            raise StoreUnavailable("free the disk or start the database, then repeat") from None

    def close(self) -> None:
        """Closes every connection."""
        self._engine.dispose()


def file_url(path: Path) -> URL:
    """The URL of a SQLite file."""
    return URL.create("sqlite", database=str(path))


def migrate(connection: Connection, target: str) -> None:
    """Takes the tables up or down to step `target` (`0001`, ..., `head`, `base`)."""
    config = steps_of("ngo_bridge", connection)
    step = command.downgrade if _stands_above(connection, target) else command.upgrade
    step(config, target)


def _stands_above(connection: Connection, target: str) -> bool:
    if target in (NEWEST, "base"):
        return target == "base"
    table = connection.dialect.has_table(connection, "alembic_version")
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() if table else None
    return found is not None and str(found) > target


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite" and url.database:
        _make_private(Path(url.database))
    engine = create_engine(url, hide_parameters=True, pool_pre_ping=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin)
    return engine


def _make_private(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.chmod(0o600)


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    # Python's driver begins no transaction on SELECT, so it is told to begin none at all: `begin` does.
    connection.isolation_level = None
    for pragma in (f"busy_timeout = {_BUSY_MS}", "journal_mode = WAL", "synchronous = NORMAL"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
