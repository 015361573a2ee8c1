"""The bridge's own database, SQLite in a file or PostgreSQL by URL, brought to its newest shape."""

from sqlalchemy import URL, Connection

from referral_exchange import databases, migrations
from referral_exchange.databases import file_url
from referral_exchange.migrations import NEWEST

__all__ = ["NEWEST", "Database", "StoreUnavailable", "file_url", "migrate"]


class StoreUnavailable(Exception):
    """The bridge's database takes nothing now. Free its disk or start its server, then repeat."""


def _away() -> StoreUnavailable:
    # What to do is the same for every kind of it.
    return StoreUnavailable("free the disk or start the database, then repeat")


class Database(databases.Database):
    """Transactions on the bridge's database, which raise StoreUnavailable."""

    def __init__(self, url: str | URL) -> None:
        """`url` as SQLAlchemy takes it. Makes folder, file and tables where they are absent."""
        super().__init__(url, databases.Manner(away=_away, signs=databases.ANY_ERROR))
        with self.transaction() as connection:
            migrate(connection)


def migrate(connection: Connection, target: str = NEWEST) -> None:
    """Takes the tables up or down to step `target` (`0001`, ..., `head`, `base`)."""
    migrations.migrate("ngo_bridge", connection, target)
