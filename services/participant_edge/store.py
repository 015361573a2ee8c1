"""The edge's own database: one process, durable before anything is answered."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from sqlalchemy import Connection

from participant_edge.databases import StoreUnusable, database_at
from participant_edge.errors import OutcomeUnknown
from participant_edge.migrating import LayoutUnknown, migrate


class StoreFull(OutcomeUnknown):
    """The disk or the database takes nothing now, or is busy for too long. Repeat what was asked."""


def _full() -> StoreFull:
    # What to do is the same for every kind of it.
    return StoreFull(
        "the edge cannot write to its own disk now; free some space, then repeat with the same ids"
    )


class Store:
    """Transactions on the edge's database. Thread-safe; it serves one process at a time."""

    def __init__(self, where: Path | str) -> None:
        """`where`: a folder for a SQLite file, or the address of a PostgreSQL database.

        Makes or migrates the tables. Raises StoreUnusable.
        """
        self._closed = False
        self._database, self._hold = database_at(where, _full)
        self._written = threading.Condition()
        self._writes = 0
        try:
            with self.write() as connection:
                migrate(connection)
        except LayoutUnknown as error:
            self.close()
            raise StoreUnusable(str(error)) from None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that writes: all of it or nothing. Raises StoreFull."""
        with self._database.transaction() as connection:
            yield connection
        with self._written:
            self._writes += 1
            self._written.notify_all()

    def read(self) -> AbstractContextManager[Connection]:
        """One consistent view, which waits for no writer. Raises StoreFull."""
        return self._database.snapshot()

    @property
    def writes(self) -> int:
        """How many transactions have written so far."""
        return self._writes

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._closed

    def wait_for_write(self, since: int, timeout_s: float) -> None:
        """Returns once more than `since` transactions have written, or after `timeout_s`, or once closed."""
        with self._written:
            self._written.wait_for(lambda: self._writes != since or self._closed, timeout_s)

    def checkpoint(self) -> None:
        """What was erased goes from the database's own history too, where it keeps one."""
        self._database.forget_history()

    def close(self) -> None:
        """Lets another process have the database. A second time it does nothing."""
        if not self._closed:
            self._closed = True
            with self._written:
                self._written.notify_all()
            self._database.close()
            self._hold.let_go()
