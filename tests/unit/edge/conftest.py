"""Networks of edges whose databases are SQLite files, and once more PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from database_kit import NewDatabase
from edge_kit import Network
from edge_places import place_of


@pytest.fixture
def network(tmp_path: Path, new_database: NewDatabase) -> Iterator[Network]:
    """Three offices, each with a database of its own; a test that takes it runs on each kind."""
    with new_database() as url:
        made = Network(tmp_path, lambda office: place_of(url, office))
        yield made
        made.close()
