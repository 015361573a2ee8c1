"""A person's page in a real browser: gone by one key, and nothing of it left for who comes next."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from browser_kit import Visitor, a_visitor
from live_bridge import serving
from playwright.sync_api import Browser, Page, expect
from survivor_kit import SurvivorKit

AWAY = "http://elsewhere.invented/"
_KEPT = "() => [document.cookie, localStorage.length, sessionStorage.length]"


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[SurvivorKit]:
    made = SurvivorKit(tmp_path, leave_to=AWAY)
    yield made
    made.close()


@pytest.fixture
def visitor(chromium: Browser, kit: SurvivorKit, new_port_base: Callable[[], int]) -> Iterator[Visitor]:
    port = new_port_base()
    kit.config = replace(kit.config, port=port, origins=(f"http://127.0.0.1:{port}",))
    kit.restarted()
    with serving(kit.app, port) as origin, a_visitor(chromium, origin) as somebody:
        somebody.context.route(f"{AWAY}**", lambda route: route.fulfill(body="<h1>Weather</h1>"))
        yield somebody
        somebody.met[:] = [met for met in somebody.met if met != f"request to {AWAY}"]


@pytest.fixture
def page(visitor: Visitor, kit: SurvivorKit) -> Page:
    """The list of who has what."""
    code = kit.code(kit.given())
    page = visitor.go("/")
    page.locator("input[name=code]").fill(code)
    # To its load event: before it the page's script does not hear a key.
    with page.expect_navigation():
        page.locator("main form button").click()
    expect(page.locator("main .card")).to_have_count(1)
    return page


def test_it_leaves_nothing_in_the_browser(page: Page, visitor: Visitor) -> None:
    assert page.evaluate(_KEPT) == ["", 0, 0]
    assert visitor.context.cookies() == []
    assert page.url.removeprefix(visitor.origin) in ("/", "/?language=en")


@pytest.mark.parametrize("way", ["key", "button"])
def test_one_key_or_button_leads_away_and_back_shows_no_list(page: Page, way: str) -> None:
    if way == "key":
        page.keyboard.press("Escape")
    else:
        page.locator("[data-leave]").click()
    page.wait_for_url(AWAY)
    page.go_back()
    expect(page.locator("main .card")).to_have_count(0)
    assert "Who has what" not in page.content()
