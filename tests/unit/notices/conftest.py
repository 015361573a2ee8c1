"""Databases that have the notices' tables already: to make them takes longer than most tests."""

from collections.abc import Iterator

import pytest
from database_kit import NewDatabase
from notice_kit import lay_out


@pytest.fixture
def database_url(new_database: NewDatabase) -> Iterator[str]:
    """The address of a database with the tables and no rows, for a test on each kind."""
    with new_database(lay_out) as url:
        yield url
