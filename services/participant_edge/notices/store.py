"""The notices' database, beside the edge's store or in the same one, migrated to its newest shape."""

from sqlalchemy import URL, Connection

from participant_edge.errors import OutcomeUnknown
from referral_exchange import databases, migrations

_PACKAGE = "participant_edge.notices"


class StoreAway(OutcomeUnknown):
    """The database takes nothing now. Nothing was half done; it is tried again."""


def _away() -> StoreAway:
    return StoreAway("the notices' database takes nothing now; see its disk or its server")


class NoticeStore(databases.Database):
    """Transactions on the notices' tables, which raise StoreAway. Thread-safe."""

    def __init__(self, url: str | URL) -> None:
        """`url` as SQLAlchemy takes it. Raises StoreAway."""
        super().__init__(url, databases.Manner(away=_away))
        with self.transaction() as connection:
            migrate(connection)


def migrate(connection: Connection, to: str = migrations.NEWEST) -> None:
    """Brings the tables to revision `to`, up or down (`base`: none are left)."""
    step = migrations.downgrade if to == migrations.NOTHING else migrations.upgrade
    step(_PACKAGE, connection, to)
