"""The directory's database, a SQLite file or PostgreSQL by address; one writer at a time."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from referral_exchange.migrations import steps_of
from service_directory.tables import NEWEST

_BUSY_MS = 10_000
_WRITES = "SELECT pg_advisory_xact_lock(7203, hashtext(current_schema()))"


class StoreUnavailable(Exception):
    """The directory's database takes nothing now. Free its disk or start its server, then repeat."""


class Database:
    """Transactions on the directory's database, migrated to its newest shape."""

    def __init__(self, url: str, revision: str = NEWEST) -> None:
        """`url` as SQLAlchemy takes it; makes folder and file where absent. `revision`: the shape wanted.

        Raises StoreUnavailable.
        """
        self._engine = _engine(url)
        # SQLite has one writer; waiting here is fair, its own busy handler sleeps and guesses.
        self._turn = threading.RLock()
        with self.transaction() as connection:
            migrate(connection, revision)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Commits when the block ends, all of it or nothing. Raises StoreUnavailable."""
        try:
            with self._turn, self._engine.begin() as connection:
                if connection.dialect.name == "postgresql":
                    connection.exec_driver_sql(_WRITES)
                yield connection
        except DBAPIError:
            # Its text quotes the statement; what to do is the same for every kind of it.
            raise StoreUnavailable("free the disk or start the database, then repeat") from None

    def close(self) -> None:
        """Closes every connection."""
        self._engine.dispose()


def migrate(connection: Connection, revision: str) -> None:
    """Takes the tables, with their rows, up or down to `revision` (`0001`, ..., `head`, `base`)."""
    config = steps_of("service_directory", connection)
    step = command.downgrade if _stands_above(connection, config, revision) else command.upgrade
    step(config, revision)


def _stands_above(connection: Connection, config: Config, revision: str) -> bool:
    if revision in (NEWEST, "base"):
        return revision == "base"
    if not connection.dialect.has_table(connection, "alembic_version"):
        return False
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    below = ScriptDirectory.from_config(config).iterate_revisions(found, "base") if found else ()
    return revision in {step.revision for step in below} and revision != found


def _engine(url: str) -> Engine:
    named = make_url(url)
    if named.get_backend_name() == "sqlite" and named.database:
        path = Path(named.database)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
    engine = create_engine(named, hide_parameters=True, pool_pre_ping=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_immediate)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    # Python's driver begins no transaction on SELECT, so it is told to begin none at all: `begin` does.
    connection.isolation_level = None
    for pragma in (f"busy_timeout = {_BUSY_MS}", "journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
