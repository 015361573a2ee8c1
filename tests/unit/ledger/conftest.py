"""A fresh ledger for each test, on each kind of database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from ledger_kit import LedgerKit


@pytest.fixture
def kit(tmp_path: Path, database_url: str) -> Iterator[LedgerKit]:
    """A ledger with an empty database; its keys are in the test's own folder."""
    made = LedgerKit(tmp_path, url=database_url)
    yield made
    made.close()


@pytest.fixture
def sqlite_kit(tmp_path: Path) -> Iterator[LedgerKit]:
    """The same on SQLite only, for what only a file has."""
    made = LedgerKit(tmp_path)
    yield made
    made.close()
