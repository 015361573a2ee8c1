"""A service's own transactional database, a SQLite file or PostgreSQL: the same manners for all."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc
from sqlalchemy.engine import make_url

_BUSY_MS = 10_000
"""How long a statement waits for another that holds what it needs."""

_LOOK_AGAIN_S = 0.01

UNAVAILABLE = (exc.OperationalError, exc.InterfaceError, exc.TimeoutError)
"""A full disk, a database that is away or too busy: nothing may be taken for committed."""

ANY_ERROR = (exc.DBAPIError, exc.TimeoutError)
"""Those, and whatever else a database says of a statement."""

_SQLITE = (
    f"busy_timeout = {_BUSY_MS}",
    "synchronous = FULL",  # what is answered survives the machine
    "secure_delete = ON",  # what is erased is overwritten, not only unlinked
    "foreign_keys = ON",
    "trusted_schema = OFF",
)

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

_LOCK = "pg_advisory_xact_lock"


@dataclass(frozen=True, slots=True)
class Manner:
    """In what services differ on purpose."""

    away: Callable[[], Exception] | None = None
    """What a transaction raises in place of `signs`, whose text quotes its statement; None: `signs` pass."""

    signs: tuple[type[Exception], ...] = UNAVAILABLE

    turn: str | None = None
    """On PostgreSQL, the two numbers (SQL) of the lock by which writers take turns; None: they hold rows."""

    together: bool = False
    """Whether writers share that lock, and only one that is `alone` holds it by itself."""

    kept: int = 5
    """Connections to PostgreSQL that stay open."""

    more: int = 10
    """How many more are opened for a moment; who needs one beyond these waits as for a lock."""

    asks_first: bool = True
    """Whether a connection from the pool is tried before it is used, and replaced where it broke."""


class Database:
    """Transactions on one database. Thread-safe; several processes may use it."""

    def __init__(self, url: str | URL, manner: Manner) -> None:
        """`url` as SQLAlchemy takes it. Makes folder and file where they are absent; lays out no tables."""
        self._manner = manner
        self._engine = engine_of(
            url,
            pool_size=manner.kept,
            max_overflow=manner.more,
            pool_timeout=_BUSY_MS / 1000,
            pool_pre_ping=manner.asks_first,
        )
        # SQLite has one writer at a time; waiting here is fair, its own busy handler sleeps and guesses.
        # On PostgreSQL, who waits here for a turn waits without a connection of the pool.
        by_turns = manner.turn is not None and not manner.together
        one_by_one = by_turns or self._engine.dialect.name == "sqlite"
        self._turn: AbstractContextManager[Any] = threading.Lock() if one_by_one else nullcontext()

    @property
    def engine(self) -> Engine:
        """What its connections come from."""
        return self._engine

    @contextmanager
    def transaction(self, *, alone: bool = False) -> Iterator[Connection]:
        """Writes from its first statement; commits when the block ends, all of it or nothing.

        On SQLite each is alone. On PostgreSQL one that is `alone` waits until every other has ended and
        keeps new ones waiting, where the service gave them a lock to share. Raises what its manner says.
        """
        with self._told(), self._turn, self._engine.begin() as connection:
            if self._manner.turn is not None and connection.dialect.name == "postgresql":
                shared = self._manner.together and not alone
                lock = f"{_LOCK}_shared" if shared else _LOCK
                connection.exec_driver_sql(f"SELECT {lock}({self._manner.turn})")
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Everything as it is at one moment, to read only; waits for nobody and holds nobody up."""
        with self._told(), self._engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield connection.execution_options(reads_only=True)

    def forget_history(self) -> bool:
        """Empties SQLite's write-ahead log, where old pages stand until then; elsewhere nothing.

        False while another process reads from that log: try again later.
        """
        if self._engine.dialect.name != "sqlite":
            return True
        with self._turn:
            raw = self._engine.raw_connection()
            try:
                busy, _, _ = raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                raw.close()
        return not busy

    def close(self) -> None:
        """Closes every connection."""
        self._engine.dispose()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except self._manner.signs:
            if self._manner.away is None:
                raise
            raise self._manner.away() from None


def file_of(url: str | URL) -> Path | None:
    """The SQLite file of `url`, its folder made where absent; None for another database."""
    named = make_url(url)
    if named.get_backend_name() != "sqlite" or not named.database:
        return None
    path = Path(named.database)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def file_url(path: Path) -> URL:
    """The URL of a SQLite file."""
    return URL.create("sqlite", database=str(path))


def engine_of(url: str | URL, **postgresql: Any) -> Engine:
    """Connections with the manners of all; `postgresql`: what else SQLAlchemy takes for such a database."""
    named = make_url(url)
    if named.get_backend_name() == "sqlite":
        return _sqlite_engine(named)
    if named.get_backend_name() == "postgresql":
        session = " ".join(f"-c {name}={value}" for name, value in _SESSION.items())
        own = named.query.get("options", "")
        postgresql["connect_args"] = {"options": f"{own} {session}", "connect_timeout": 5}
    # An error may quote its parameters, and those are personal.
    return create_engine(named, hide_parameters=True, **postgresql)


def _sqlite_engine(url: URL) -> Engine:
    if (path := file_of(url)) is not None:
        path.touch(mode=0o600)
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
    engine = create_engine(url, hide_parameters=True)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _: object) -> None:
    # Python's driver begins no transaction on SELECT, so it is told to begin none at all: `begin` does.
    connection.isolation_level = None
    for pragma in _SQLITE:
        connection.execute(f"PRAGMA {pragma}").close()
    _write_ahead(connection)


def _write_ahead(connection: sqlite3.Connection) -> None:
    # Of several that open a new file at once one changes it; the others are told at once that it is locked.
    deadline = time.monotonic() + _BUSY_MS / 1000
    while True:
        try:
            return connection.execute("PRAGMA journal_mode = WAL").close()
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_LOOK_AGAIN_S)


def _begin(connection: Connection) -> None:
    reads_only = connection.get_execution_options().get("reads_only")
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")
