"""Every page of every service, in a real browser: axe, both colour schemes, 320 px, paper, right to left."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from axe_kit import wrong_colours, wrong_with
from browser_files import BrowserFiles
from playwright.sync_api import Browser, Page
from shown_pages import SERVICES, SPOKEN, Shown, a_stage, shown

pytestmark = [pytest.mark.parametrize("service", sorted(SERVICES)), pytest.mark.timeout(600)]

NARROW, WIDE = 320, 1280
_OVER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
_PRESSED = """() => [...document.querySelectorAll("a.button, button, nav, summary")]
    .filter(e => e.checkVisibility()).map(e => e.textContent.trim())"""
_COLOURS = "() => { const s = getComputedStyle(document.body); return `${s.color} on ${s.backgroundColor}`; }"


@dataclass(frozen=True, slots=True)
class Met:
    """What one page is like; a tuple is empty where all is well."""

    name: str
    language: str | None
    wrong: tuple[str, ...] = ()
    over: int = 0
    over_from_the_right: int = 0
    pressed_on_paper: tuple[str, ...] = ()
    paper: str = ""


Look = Callable[[str, str], list[Met]]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], list[Shown]]:
    """The pages of a service in a language, walked through once."""
    return _once(lambda service, language: shown(service, tmp_path_factory.mktemp(service), language))


@pytest.fixture(scope="module")
def lit(chromium: Browser, files: BrowserFiles, pages: Callable[[str, str], list[Shown]]) -> Look:
    """Every page of a service in a language, by day."""

    def looked(service: str, language: str) -> list[Met]:
        with a_stage(chromium, service) as stage:
            return [_by_day(each, stage.put(each), files, language) for each in pages(service, language)]

    return _once(looked)


@pytest.fixture(scope="module")
def dark(chromium: Browser, files: BrowserFiles, pages: Callable[[str, str], list[Shown]]) -> Look:
    """The same by night, and on paper, whose colours must not follow the screen's."""

    def looked(service: str, language: str) -> list[Met]:
        with a_stage(chromium, service, color_scheme="dark") as stage:
            return [_by_night(each, stage.put(each), files) for each in pages(service, language)]

    return _once(looked)


def _once(look: Callable[[str, str], list[Any]]) -> Callable[[str, str], list[Any]]:
    known: dict[tuple[str, str], list[Any]] = {}

    def looked(service: str, language: str) -> list[Any]:
        if (service, language) not in known:
            known[service, language] = look(service, language)
        return known[service, language]

    return looked


def _by_day(shown: Shown, page: Page, files: BrowserFiles, language: str) -> Met:
    # Colours are the same in every language.
    wrong = wrong_with(page, files.axe, colours=language == SPOKEN[0])
    over = _over(page)
    page.evaluate("document.documentElement.dir = 'rtl'")
    said = page.locator("html").get_attribute("lang")
    return Met(shown.name, said, tuple(wrong), over, _over(page))


def _by_night(shown: Shown, page: Page, files: BrowserFiles) -> Met:
    wrong = wrong_colours(page, files.axe)
    page.emulate_media(media="print")
    pressed, paper = page.evaluate(_PRESSED), page.evaluate(_COLOURS)
    page.emulate_media(media="screen")
    return Met(shown.name, None, tuple(wrong), pressed_on_paper=tuple(pressed), paper=paper)


def _over(page: Page) -> int:
    """By how many pixels the page is wider than a narrow window."""
    page.set_viewport_size({"width": NARROW, "height": 640})
    over: int = page.evaluate(_OVER)
    page.set_viewport_size({"width": WIDE, "height": 900})
    return over


@pytest.mark.parametrize("language", SPOKEN)
def test_axe_finds_nothing_on_any_page(service: str, language: str, lit: Look) -> None:
    met = lit(service, language)
    assert len(met) > 5
    assert [(each.name, wrong) for each in met for wrong in each.wrong] == []


def test_axe_finds_nothing_in_the_dark(service: str, dark: Look) -> None:
    assert [(each.name, wrong) for each in dark(service, "en") for wrong in each.wrong] == []


@pytest.mark.parametrize("language", SPOKEN)
def test_every_page_names_its_language(service: str, language: str, lit: Look) -> None:
    assert [each.name for each in lit(service, language) if each.language != language] == []


@pytest.mark.parametrize("language", SPOKEN)
def test_no_page_scrolls_sideways_at_320_pixels(service: str, language: str, lit: Look) -> None:
    assert [(each.name, each.over) for each in lit(service, language) if each.over > 0] == []


@pytest.mark.parametrize("language", SPOKEN)
def test_no_page_breaks_where_lines_run_from_right_to_left(service: str, language: str, lit: Look) -> None:
    wide = [(each.name, each.over_from_the_right) for each in lit(service, language)]
    assert [each for each in wide if each[1] > 0] == []


def test_paper_shows_black_on_white_and_nothing_to_press(service: str, dark: Look) -> None:
    met = dark(service, "en")
    assert [(each.name, said) for each in met for said in each.pressed_on_paper] == []
    assert {each.paper for each in met} == {"rgb(0, 0, 0) on rgb(255, 255, 255)"}
