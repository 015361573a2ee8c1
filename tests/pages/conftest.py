"""A real Chromium for the tests of this folder, and down again after the last."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from browser_files import BrowserFiles, browser_files
from browser_kit import a_chromium, playing
from playwright.sync_api import Browser, Playwright

from exchange_command.platform import Platform


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


@pytest.fixture(scope="package")
def whole(
    tmp_path_factory: pytest.TempPathFactory,
    jar_cache: Path,
    new_port_base: Callable[[], int],
    guarded: Callable[[Platform], AbstractContextManager[None]],
) -> Iterator[Platform]:
    """Everything that `exchange up` starts. Its tests stand in one file, so that it starts once."""
    running = Platform.at(tmp_path_factory.mktemp("whole"), jar_cache, new_port_base())
    with guarded(running):
        running.up()
        yield running
