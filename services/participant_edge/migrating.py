"""Brings an edge's database to its newest layout, or back; the steps are Alembic's."""

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from participant_edge.tables import NEWEST
from referral_exchange.migrations import steps_of

_FIRST = "0001"


class LayoutUnknown(Exception):
    """The database was laid out by a newer edge; the message says what to do."""


def migrate(connection: Connection, target: str = NEWEST) -> None:
    """Takes every step from where the database stands to `target`, with all rows. Raises LayoutUnknown."""
    found = layout(connection)
    if found == target:
        return
    config = steps_of("participant_edge", connection)
    if found is not None and found not in _known(config):
        raise LayoutUnknown(
            f"the database has layout {found}, this edge knows {NEWEST}; install the newer edge"
        )
    if found is None and inspect(connection).has_table("commands"):
        # Laid out before there were migrations: exactly the first tables.
        command.stamp(config, _FIRST)
    forward = found is None or found < target
    (command.upgrade if forward else command.downgrade)(config, target)


def layout(connection: Connection) -> str | None:
    """The migration that the database stands at; None where it has none yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _known(config: Config) -> set[str]:
    return {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
