"""Brings an edge's database to its newest layout, or back; the steps are Alembic's."""

from alembic import command
from sqlalchemy import Connection, inspect

from participant_edge.tables import NEWEST
from referral_exchange import migrations
from referral_exchange.migrations import step_of as layout

__all__ = ["LayoutUnknown", "layout", "migrate"]

_PACKAGE, _FIRST = "participant_edge", "0001"


class LayoutUnknown(Exception):
    """The database was laid out by a newer edge; the message says what to do."""


def migrate(connection: Connection, target: str = NEWEST) -> None:
    """Takes every step from where the database stands to `target`, with all rows. Raises LayoutUnknown."""
    found = layout(connection)
    if found == target:
        return
    if found is not None and found not in migrations.known_to(_PACKAGE, connection):
        raise LayoutUnknown(
            f"the database has layout {found}, this edge knows {NEWEST}; install the newer edge"
        )
    if found is None and inspect(connection).has_table("commands"):
        # Laid out before there were migrations: exactly the first tables.
        command.stamp(migrations.steps_of(_PACKAGE, connection), _FIRST)
    migrations.migrate(_PACKAGE, connection, target)
