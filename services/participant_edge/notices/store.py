"""The notices' database, beside the edge's store or in the same one, migrated to its newest shape."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from alembic import command
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import OperationalError

from participant_edge.errors import OutcomeUnknown
from referral_exchange.migrations import steps_of

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # what is known as sent must still be known after a power cut
    "PRAGMA busy_timeout=10000",
    "PRAGMA secure_delete=ON",
)


class StoreAway(OutcomeUnknown):
    """The database takes nothing now. Nothing was half done; it is tried again."""


class NoticeStore:
    """Transactions on the notices' tables. Thread-safe."""

    def __init__(self, url: str | URL) -> None:
        """`url` as SQLAlchemy takes it; its folder must be there. Raises StoreAway."""
        self._engine = _engine(url)
        # SQLite has one writer at a time; waiting here is fair, its own busy handler sleeps and guesses.
        self._turn: AbstractContextManager[Any] = (
            threading.Lock() if self._engine.dialect.name == "sqlite" else nullcontext()
        )
        with self.transaction() as connection:
            migrate(connection)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All of it or nothing, durable when the block has ended. Raises StoreAway."""
        try:
            with self._turn, self._engine.begin() as connection:
                yield connection
        except OperationalError:
            # Its text quotes statement and address.
            raise StoreAway("the notices' database takes nothing now; see its disk or its server") from None

    def close(self) -> None:
        """Closes every connection."""
        self._engine.dispose()


def migrate(connection: Connection, to: str = "head") -> None:
    """Brings the tables to revision `to`, up or down (`base`: none are left)."""
    config = steps_of("participant_edge.notices", connection)
    step = command.downgrade if to == "base" else command.upgrade
    step(config, to)


def _engine(url: str | URL) -> Engine:
    engine = create_engine(url, hide_parameters=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _on_connect(raw: Any, _record: Any) -> None:
    raw.isolation_level = None
    for pragma in _PRAGMAS:
        raw.execute(pragma).close()
