"""A fresh ledger for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from ledger_kit import LedgerKit


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[LedgerKit]:
    """A ledger with an empty database, in the test's own folder."""
    made = LedgerKit(tmp_path)
    yield made
    made.close()
