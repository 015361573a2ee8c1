"""Takes a backup: every table as it is at one moment, while the ledger works on."""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, select, text

from consent_ledger import backup_file, store
from consent_ledger.backup_file import Head, Row
from consent_ledger.database import Database, is_newest
from consent_ledger.ledger_time import utc_now
from consent_ledger.tables import metadata


class OtherTables(Exception):
    """The tables are not those that this ledger knows; a backup could leave something out."""


def take(database: Database, path: Path) -> int:
    """Writes everything but the epoch keys to `path`; returns how many rows. Raises OtherTables, OSError.

    Keys of consents stand in it wrapped, so it opens nothing without the epoch key that has a backup of its
    own, and nothing at all once that key is destroyed.
    """
    with database.snapshot() as connection:
        if not is_newest(connection):
            raise OtherTables("the tables are another version's; start this ledger first, or use that one")
        return backup_file.write(path, _head(connection), _rows(connection))


def _head(connection: Connection) -> Head:
    row = store.upkeep_row(connection)
    revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    return Head(revision, row.ledger_id, row.epoch, utc_now().isoformat(timespec="seconds"))


def _rows(connection: Connection) -> Iterator[tuple[str, Row]]:
    for table in metadata.sorted_tables:
        # In portions: a table need not fit into memory.
        read = connection.execute(select(table), execution_options={"yield_per": 1000})
        for row in read.mappings():
            yield table.name, dict(row)
