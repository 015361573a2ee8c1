"""A fresh ledger for each test, on each kind of database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from database_kit import NewDatabase
from ledger_kit import LedgerKit, as_another, with_tables


@pytest.fixture
def kit(tmp_path: Path, new_database: NewDatabase) -> Iterator[LedgerKit]:
    """A ledger with nothing in its database; its keys are in the test's own folder."""
    with new_database(with_tables) as url:
        as_another(url)
        made = LedgerKit(tmp_path, url=url)
        yield made
        made.close()


@pytest.fixture
def sqlite_kit(tmp_path: Path) -> Iterator[LedgerKit]:
    """The same on SQLite only, for what only a file has."""
    made = LedgerKit(tmp_path)
    yield made
    made.close()
