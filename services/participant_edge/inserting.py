"""An insert that knows what to do about a row that is there already, on either database."""

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_or(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """`on_conflict_do_nothing` and `on_conflict_do_update` mean the same in both dialects.

    Its result tells how many rows were written, and no generated key.
    """
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table).inline().execution_options(preserve_rowcount=True)
    return postgresql.insert(table).inline().execution_options(preserve_rowcount=True)
