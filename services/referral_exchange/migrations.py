"""Alembic's configuration for the steps of one of our packages, on a connection that is open already."""

from alembic.config import Config
from sqlalchemy import Connection


def steps_of(package: str, connection: Connection) -> Config:
    """The steps in `<package>:migrations`, whose `env.py` runs them on `connection`."""
    config = Config()
    config.set_main_option("script_location", f"{package}:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
