"""Takes a package's tables up and down the steps of its `migrations`, on a connection that is open."""

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

NEWEST, NOTHING = "head", "base"


def steps_of(package: str, connection: Connection) -> Config:
    """The steps in `<package>:migrations`, whose `env.py` runs them on `connection`."""
    config = Config()
    config.set_main_option("script_location", f"{package}:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade(package: str, connection: Connection, step: str = NEWEST) -> None:
    """Brings the tables, with their rows, up to `step`; those that are there or past it stay."""
    command.upgrade(steps_of(package, connection), step)


def downgrade(package: str, connection: Connection, step: str) -> None:
    """Brings the tables, with their rows, back to `step`."""
    command.downgrade(steps_of(package, connection), step)


def migrate(package: str, connection: Connection, step: str = NEWEST) -> None:
    """Takes the tables, with their rows, up or down to `step` (`0001`, ..., `head`, `base`)."""
    found = step_of(connection)
    back = step == NOTHING or (found is not None and step in _below(package, connection, found))
    (downgrade if back else upgrade)(package, connection, step)


def step_of(connection: Connection) -> str | None:
    """The step that the tables stand at; None where there are none yet."""
    return MigrationContext.configure(connection).get_current_revision()


def newest_of(package: str, connection: Connection) -> str | None:
    """The last step that `package` knows."""
    return ScriptDirectory.from_config(steps_of(package, connection)).get_current_head()


def known_to(package: str, connection: Connection) -> frozenset[str]:
    """Every step that `package` knows."""
    steps = ScriptDirectory.from_config(steps_of(package, connection)).walk_revisions()
    return frozenset(step.revision for step in steps)


def _below(package: str, connection: Connection, found: str) -> frozenset[str]:
    steps = ScriptDirectory.from_config(steps_of(package, connection))
    return frozenset(step.revision for step in steps.iterate_revisions(found, NOTHING)) - {found}
