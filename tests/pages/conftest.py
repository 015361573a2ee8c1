"""A real Chromium for the tests of this folder, and down again after the last."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_files import BrowserFiles, browser_files
from browser_kit import a_chromium, playing
from playwright.sync_api import Browser, Playwright


@pytest.fixture(scope="package")
def files(jar_cache: Path) -> BrowserFiles:
    """The browser's files; fetched by the first test that ever needs them on this machine."""
    return browser_files(jar_cache)


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """What drives the browsers. It keeps a loop of asyncio in this thread: it must not outlive the folder."""
    with playing() as started:
        yield started


@pytest.fixture(scope="package")
def chromium(
    playwright: Playwright, files: BrowserFiles, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """One browser."""
    with a_chromium(playwright, files, tmp_path_factory.mktemp("chromium")) as browser:
        yield browser
