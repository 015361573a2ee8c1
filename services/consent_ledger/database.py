"""The ledger's transactional database: every operation is a write transaction from its first statement."""

from sqlalchemy import Connection

from referral_exchange import databases, migrations
from referral_exchange.databases import UNAVAILABLE, engine_of, file_of

__all__ = [
    "UNAVAILABLE",
    "CannotStepBack",
    "Database",
    "engine_of",
    "file_of",
    "is_newest",
    "migrate",
    "step_back",
]

_PACKAGE = "consent_ledger"

_MANNER = databases.Manner(turn="1367, 1", together=True, kept=20, more=0)
"""One that is alone touches all rows, or replaces an epoch's key."""


class CannotStepBack(Exception):
    """An older ledger would misread what is stored. Keep this one, or restore a backup from before."""


class Database(databases.Database):
    """Transactions on the ledger's database, migrated to its newest shape."""

    def __init__(self, url: str, revision: str | None = migrations.NEWEST) -> None:
        """`url` as SQLAlchemy takes it: `sqlite:////path/ledger.db`, or PostgreSQL in production.

        `revision`: the shape to migrate to; a restore needs that of its backup. None: as it is, for one
        that only reads beside a ledger at work.
        """
        super().__init__(url, _MANNER)
        if revision is not None:
            with self.transaction(alone=True) as connection:
                migrate(connection, revision)


def migrate(connection: Connection, revision: str = migrations.NEWEST) -> None:
    """Brings the tables up to `revision`; those that are there or past it stay."""
    migrations.upgrade(_PACKAGE, connection, revision)


def step_back(connection: Connection, revision: str) -> None:
    """Brings the tables back to `revision`, for an older ledger. Raises CannotStepBack."""
    migrations.downgrade(_PACKAGE, connection, revision)


def is_newest(connection: Connection) -> bool:
    """Whether the tables are as this ledger knows them."""
    return migrations.step_of(connection) == migrations.newest_of(_PACKAGE, connection)
