"""A bridge around a stand-in edge, on a clock that stands still."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from bridge_kit import NOW, StandInEdge, a_client, a_config, lay_out
from database_kit import NewDatabase
from fastapi.testclient import TestClient
from page_kit import Browser

from ngo_bridge.app import build


@pytest.fixture
def edge() -> StandInEdge:
    return StandInEdge()


@pytest.fixture
def http(edge: StandInEdge, tmp_path: Path) -> Iterator[TestClient]:
    """A program that calls the API, and a browser where somebody is signed in."""
    app = build(edge, a_config(tmp_path), lambda: NOW)  # type: ignore[arg-type]
    with a_client(app) as client:
        yield client


@pytest.fixture
def bridge_url(new_database: NewDatabase) -> Iterator[str]:
    """The address of a database with a bridge's tables and no rows, for a test on each kind."""
    with new_database(lay_out) as url:
        yield url


@pytest.fixture
def browser(http: TestClient) -> Browser:
    """A browser without scripts."""
    return Browser(http)


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """The settings file of a bridge, for a command that is typed beside it."""
    path = tmp_path / "bridge.toml"
    path.write_text(
        f"""
[kafka]
"bootstrap.servers" = "127.0.0.1:1"
[registry]
url = "http://127.0.0.1:2"
[service]
participant = "lantern-outreach"
programmes = ["lantern-case-management"]
data = "{tmp_path}"
host = "127.0.0.1"
port = 21020
""",
        encoding="utf-8",
    )
    return path
