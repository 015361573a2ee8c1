"""A bridge around a stand-in edge, on a clock that stands still."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from bridge_kit import NOW, StandInEdge, a_client, a_config
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
def browser(http: TestClient) -> Browser:
    """A browser without scripts."""
    return Browser(http)
