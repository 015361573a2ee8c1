"""A fresh page with a ledger of its own for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from survivor_kit import SurvivorKit


@pytest.fixture
def page(tmp_path: Path) -> Iterator[SurvivorKit]:
    """Page, ledger and edge in one folder."""
    made = SurvivorKit(tmp_path)
    yield made
    made.close()
