"""A directory on a SQLite file, for tests that ask nothing of the database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from directory_kit import Office, file_url


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A directory with an empty topic."""
    made = Office(file_url(tmp_path))
    yield made
    made.close()
