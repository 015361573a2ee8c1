"""Every page that people see, by service and language, as its own tour walks through it.

A service with pages has a tour: a function of a folder and a language that answers with its pages. Each
page is put before the real browser with the very headers and bytes that the service sent.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import bridge_tour
import console_tour
import survivor_tour
from browser_kit import a_visitor
from page_kit import Element
from playwright.sync_api import Browser, Page, Route

from referral_exchange.pages import assets
from referral_exchange.pages.language import LANGUAGES
from status_board.style import STYLE


@dataclass(frozen=True, slots=True)
class Service:
    """`walk`: its tour. `files`: what its pages load, by path."""

    walk: Callable[[Path, str], list[tuple[str, Element]]]
    files: Mapping[str, str]


def _bridge(folder: Path, language: str) -> list[tuple[str, Element]]:
    fresh, to_mend = bridge_tour.tour(folder, language)
    return fresh + to_mend


_SHARED = {"/style.css": assets.style(), "/enhance.js": assets.script()}
SERVICES: Mapping[str, Service] = {
    "ngo_bridge": Service(_bridge, _SHARED),
    "status_board": Service(console_tour.tour, {**_SHARED, "/console.css": STYLE}),
    "survivor_page": Service(survivor_tour.tour, _SHARED),
}
"""A new service with pages adds itself here and is looked at like all others."""

SPOKEN = tuple(LANGUAGES)
_ORIGIN = "http://127.0.0.1:9"
_SKIPPED = frozenset({"content-length", "set-cookie", "transfer-encoding"})


@dataclass(frozen=True, slots=True, repr=False)
class Shown:
    """One page as it was answered."""

    name: str
    status: int
    headers: dict[str, str]
    body: bytes


def shown(service: str, folder: Path, language: str) -> list[Shown]:
    """The pages of `service`. Pages of errors that are no HTML are none."""
    walked = SERVICES[service].walk(folder, language)
    return [each for name, page in walked for each in _shown(name, page)]


def _shown(name: str, page: Element) -> Iterator[Shown]:
    answer = page.answer
    assert answer is not None, f"{name} was not read by a Browser of page_kit"
    if answer.headers["content-type"].startswith("text/html"):
        kept = {key: value for key, value in answer.headers.items() if key.lower() not in _SKIPPED}
        yield Shown(name, answer.status_code, kept, answer.content)


@dataclass
class Stage:
    """A browser's page on which one page after the other stands. `files`: what they load, by path."""

    page: Page
    files: Mapping[str, str]
    standing: Shown | None = None

    def put(self, shown: Shown) -> Page:
        """Puts it there, with its style sheet and its script."""
        self.standing = shown
        self.page.goto(f"{_ORIGIN}/page", wait_until="load")
        return self.page

    def answer(self, route: Route) -> None:
        """What the service would answer."""
        path = urlsplit(route.request.url).path
        if path == "/page" and self.standing is not None:
            route.fulfill(status=self.standing.status, headers=self.standing.headers, body=self.standing.body)
        elif path in self.files:
            kind = "text/css" if path.endswith(".css") else "text/javascript"
            route.fulfill(body=self.files[path], content_type=kind)
        else:
            route.fulfill(status=404, body="")


@contextmanager
def a_stage(browser: Browser, service: str, **options: Any) -> Iterator[Stage]:
    """A stage for the pages of `service`; `options` as for a visitor.

    Fails in the end where a page did what none of ours may do.
    """
    with a_visitor(browser, _ORIGIN, **options) as visitor:
        stage = Stage(visitor.page, SERVICES[service].files)
        visitor.page.route(f"{_ORIGIN}/**", stage.answer)
        yield stage
