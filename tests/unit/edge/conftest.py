"""Networks of edges whose databases are SQLite files, and once more PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from database_kit import NewDatabase
from edge_kit import OFFICE, Network
from edge_places import lay_out, place_of


def _lay_out_all(url: str) -> None:
    lay_out(url, *OFFICE.values())


@pytest.fixture
def network(tmp_path: Path, new_database: NewDatabase) -> Iterator[Network]:
    """Three offices, each with a database of its own; a test that takes it runs on each kind."""
    with new_database(_lay_out_all) as url:
        made = Network(tmp_path, lambda office: place_of(url, office))
        yield made
        made.close()
