"""Keeps a second ledger off a database, even after `kill -9` of the first.

Two would each send the same facts, and a slow one could tell `ConsentGiven` after the other told its end.
"""

import fcntl
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from sqlalchemy import Connection, Engine
from sqlalchemy.pool import NullPool

from consent_ledger.database import UNAVAILABLE, engine_of, file_of

log = logging.getLogger(__name__)

_LEDGER, _ONE = 1367, 2
"""The two numbers of the lock in PostgreSQL; it ends with the session that took it."""

LOOK_S = 5.0
"""How often `Hold.run` looks whether the session still stands."""


class DatabaseInUse(Exception):
    """Another ledger works on this database. Stop it first, or give this one a database of its own."""


@dataclass(slots=True)
class Hold:
    """What keeps others off. A file's lock lasts as long as the process; a session may break."""

    engine: Engine | None = None
    session: Connection | None = None

    def look(self) -> None:
        """Takes it again where its session broke. Raises DatabaseInUse where another was faster."""
        if self.engine is None:
            return
        try:
            if self.session is None or not _stands(self.session):
                self.let_go()
                self.session = self.engine.connect()
                _take(self.session)
        except UNAVAILABLE:
            log.error("the database is away; trying again")
            self.let_go()

    def let_go(self) -> None:
        """Ends the session, and the lock with it."""
        if self.session is not None:
            self.session.invalidate()
            self.session.close()
            self.session = None

    def hand_over(self) -> None:
        """Lets go so that the next one can take it at once; a session's own end takes a moment more."""
        if self.session is not None:
            with suppress(*UNAVAILABLE):
                self.session.exec_driver_sql("SELECT pg_advisory_unlock_all()")
        self.let_go()

    def run(self, stop: threading.Event) -> None:
        """Looks until `stop`."""
        while not stop.wait(LOOK_S):
            self.look()


@contextmanager
def held_alone(url: str) -> Iterator[Hold]:
    """Holds the database for this process while the block lasts. Raises DatabaseInUse."""
    path = file_of(url)
    if path is None:
        with _held_by_session(url) as hold:
            yield hold
        return
    with path.with_name(f"{path.name}.held").open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DatabaseInUse(f"{path.name}: another ledger works on it; stop that one first") from None
        yield Hold()


@contextmanager
def _held_by_session(url: str) -> Iterator[Hold]:
    engine = engine_of(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    hold = Hold(engine)
    try:
        hold.session = engine.connect()
        _take(hold.session)
        yield hold
    finally:
        hold.hand_over()
        engine.dispose()


def _take(session: Connection) -> None:
    if not session.exec_driver_sql(f"SELECT pg_try_advisory_lock({_LEDGER}, {_ONE})").scalar():
        raise DatabaseInUse("the database: another ledger works on it; stop that one first")


def _stands(session: Connection) -> bool:
    try:
        session.exec_driver_sql("SELECT 1")
    except UNAVAILABLE:
        return False
    return True
