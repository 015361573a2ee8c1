"""One transactional database: every operation is a write transaction from its first statement."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from alembic import command
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, exc
from sqlalchemy.engine import make_url

from referral_exchange.migrations import steps_of

_PACKAGE = "consent_ledger"
_BUSY_MS = 10_000
"""How long a statement waits for another that holds what it needs."""

_CONNECTIONS = 20
"""To PostgreSQL at once; who needs one more waits for it as for a lock."""

_POOL = {"pool_size": _CONNECTIONS, "max_overflow": 0, "pool_timeout": _BUSY_MS / 1000, "pool_pre_ping": True}

_SESSION = {
    # A deployment's server may say otherwise; what is answered here is on disk and reads what is committed.
    "synchronous_commit": "on",
    "default_transaction_isolation": r"read\ committed",
    "lock_timeout": str(_BUSY_MS),
    "idle_in_transaction_session_timeout": "60000",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}

_ORDER = "pg_advisory_xact_lock"
_LEDGER, _WHOLE = 1367, 1
"""The two numbers of the lock that every transaction shares, and one that is alone holds by itself."""


class CannotStepBack(Exception):
    """An older ledger would misread what is stored. Keep this one, or restore a backup from before."""


UNAVAILABLE = (exc.OperationalError, exc.InterfaceError, exc.TimeoutError)
"""A full disk, a database that is away or too busy: nothing may be taken for committed."""


class Database:
    """Transactions on the ledger's database, migrated to its newest shape."""

    def __init__(self, url: str, revision: str | None = "head") -> None:
        """`url` as SQLAlchemy takes it: `sqlite:////path/ledger.db`, or PostgreSQL in production.

        `revision`: the shape to migrate to; a restore needs that of its backup. None: as it is, for one
        that only reads beside a ledger at work.
        """
        self._engine = engine_of(url)
        # SQLite has one writer at a time; waiting here is fair, its own busy handler sleeps and guesses.
        self._turn: AbstractContextManager[Any] = (
            threading.Lock() if self._engine.dialect.name == "sqlite" else nullcontext()
        )
        if revision is not None:
            with self.transaction(alone=True) as connection:
                migrate(connection, revision)

    @contextmanager
    def transaction(self, *, alone: bool = False) -> Iterator[Connection]:
        """Commits when the block ends, before anything after it; rolls back on an exception.

        On SQLite each is alone. On PostgreSQL they hold rows, and one that is `alone` waits until every
        other has ended and keeps new ones waiting: for what touches all rows or replaces an epoch's key.
        """
        with self._turn, self._engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                lock = _ORDER if alone else f"{_ORDER}_shared"
                connection.exec_driver_sql(f"SELECT {lock}({_LEDGER}, {_WHOLE})")
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Everything as it is at one moment, to read only; holds nobody up."""
        with self._engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield connection.execution_options(reads_only=True)

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


def file_of(url: str) -> Path | None:
    """The SQLite file of `url`, its folder made where absent; None for another database."""
    named = make_url(url)
    if named.get_backend_name() != "sqlite" or not named.database:
        return None
    path = Path(named.database)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def engine_of(url: str, **options: Any) -> Engine:
    """Connections as the ledger needs them."""
    file_of(url)
    if make_url(url).get_backend_name() == "postgresql":
        session = " ".join(f"-c {name}={value}" for name, value in _SESSION.items())
        options = {"connect_args": {"options": session, "connect_timeout": 5}, **(options or _POOL)}
    # An error may quote its parameters, and those are personal.
    engine = create_engine(url, hide_parameters=True, **options)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
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


def _begin_sqlite(connection: Connection) -> None:
    reads_only = connection.get_execution_options().get("reads_only")
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")


def migrate(connection: Connection, revision: str = "head") -> None:
    """Brings the tables up to `revision`; those that are there or past it stay."""
    command.upgrade(steps_of(_PACKAGE, connection), revision)


def step_back(connection: Connection, revision: str) -> None:
    """Brings the tables back to `revision`, for an older ledger. Raises CannotStepBack."""
    command.downgrade(steps_of(_PACKAGE, connection), revision)


def is_newest(connection: Connection) -> bool:
    """Whether the tables are as this ledger knows them."""
    known = ScriptDirectory.from_config(steps_of(_PACKAGE, connection)).get_current_head()
    return MigrationContext.configure(connection).get_current_revision() == known
