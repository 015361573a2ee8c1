"""The page's own database, a SQLite file or PostgreSQL by address; one writer at a time."""

from sqlalchemy import Connection

from referral_exchange import databases, migrations

_TURN = "7204, hashtext(current_schema())"


class StoreUnavailable(Exception):
    """The page's database takes nothing now. Free its disk or start its server."""


def _away() -> StoreUnavailable:
    return StoreUnavailable("free the disk or start the database, then repeat")


class Database(databases.Database):
    """Transactions on the page's database, which raise StoreUnavailable."""

    def __init__(self, url: str, revision: str = migrations.NEWEST) -> None:
        """`url` as SQLAlchemy takes it; makes folder and file where absent. `revision`: the shape wanted."""
        super().__init__(url, databases.Manner(away=_away, signs=databases.ANY_ERROR, turn=_TURN))
        with self.transaction() as connection:
            migrate(connection, revision)


def migrate(connection: Connection, revision: str) -> None:
    """Takes the tables, with their rows, up or down to `revision` (`0001`, ..., `head`, `base`)."""
    migrations.migrate("survivor_page", connection, revision)
