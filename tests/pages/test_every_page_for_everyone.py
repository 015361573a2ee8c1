"""Every page of every service, in a real browser: axe, both colour schemes, 320 px, paper, right to left."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import pytest
from axe_kit import bring_along, wrong_colours, wrong_with
from browser_files import BrowserFiles
from playwright.sync_api import Browser, Page
from shown_pages import SERVICES, SPOKEN, Shown, a_stage, shown

pytestmark = [pytest.mark.parametrize("service", sorted(SERVICES)), pytest.mark.timeout(600)]

NARROW, WIDE = 320, 1280
COLOURED = SPOKEN[0]
_OVER = """() => {
  const root = document.documentElement, over = () => root.scrollWidth - root.clientWidth;
  const [language, from_the_left] = [root.lang, over()];
  root.dir = "rtl";
  return [language, from_the_left, over()];
}"""
_PRESSED = """() => [...document.querySelectorAll("a.button, button, nav, summary")]
    .filter(e => e.checkVisibility()).map(e => e.textContent.trim())"""
_COLOURS = "() => { const s = getComputedStyle(document.body); return `${s.color} on ${s.backgroundColor}`; }"


@dataclass(frozen=True, slots=True)
class Met:
    """What one page is like; a tuple is empty where all is well."""

    name: str
    language: str
    wrong: tuple[str, ...]
    night: "Night | None"
    over: int
    over_from_the_right: int


@dataclass(frozen=True, slots=True)
class Night:
    """The same by night, and on paper, whose colours must not follow the screen's."""

    wrong: tuple[str, ...]
    pressed_on_paper: tuple[str, ...]
    paper: str


Look = Callable[[str, str], list[Met]]


@pytest.fixture(scope="module")
def met(chromium: Browser, files: BrowserFiles, tmp_path_factory: pytest.TempPathFactory) -> Look:
    """Every page of a service in a language, visited once."""

    @cache
    def looked(service: str, language: str) -> list[Met]:
        pages = shown(service, tmp_path_factory.mktemp(service), language)
        with a_stage(chromium, service) as stage:
            bring_along(stage.page, files.axe)
            return [_looked_at(each, stage.put(each), files, language) for each in pages]

    return looked


def _looked_at(shown: Shown, page: Page, files: BrowserFiles, language: str) -> Met:
    # Colours are the same in every language.
    in_colour = language == COLOURED
    wrong = wrong_with(page, files.axe, colours=in_colour)
    night = _by_night(page, files) if in_colour else None
    page.set_viewport_size({"width": NARROW, "height": 640})
    said, over, from_the_right = page.evaluate(_OVER)
    page.set_viewport_size({"width": WIDE, "height": 900})
    return Met(shown.name, said, tuple(wrong), night, over, from_the_right)


def _by_night(page: Page, files: BrowserFiles) -> Night:
    page.emulate_media(color_scheme="dark")
    wrong = wrong_colours(page, files.axe)
    page.emulate_media(media="print")
    pressed, paper = page.evaluate(_PRESSED), page.evaluate(_COLOURS)
    page.emulate_media(media="screen", color_scheme="light")
    return Night(tuple(wrong), tuple(pressed), paper)


def _nights(met: Look, service: str) -> list[tuple[str, Night]]:
    nights = [(each.name, each.night) for each in met(service, COLOURED) if each.night is not None]
    assert len(nights) > 5
    return nights


@pytest.mark.parametrize("language", SPOKEN)
def test_axe_finds_nothing_on_any_page(service: str, language: str, met: Look) -> None:
    pages = met(service, language)
    assert len(pages) > 5
    assert [(each.name, wrong) for each in pages for wrong in each.wrong] == []


def test_axe_finds_nothing_in_the_dark(service: str, met: Look) -> None:
    assert [(name, wrong) for name, night in _nights(met, service) for wrong in night.wrong] == []


@pytest.mark.parametrize("language", SPOKEN)
def test_every_page_names_its_language(service: str, language: str, met: Look) -> None:
    assert [each.name for each in met(service, language) if each.language != language] == []


@pytest.mark.parametrize("language", SPOKEN)
def test_no_page_scrolls_sideways_at_320_pixels(service: str, language: str, met: Look) -> None:
    assert [(each.name, each.over) for each in met(service, language) if each.over > 0] == []


@pytest.mark.parametrize("language", SPOKEN)
def test_no_page_breaks_where_lines_run_from_right_to_left(service: str, language: str, met: Look) -> None:
    wide = [(each.name, each.over_from_the_right) for each in met(service, language)]
    assert [each for each in wide if each[1] > 0] == []


def test_paper_shows_black_on_white_and_nothing_to_press(service: str, met: Look) -> None:
    nights = _nights(met, service)
    assert [(name, said) for name, night in nights for said in night.pressed_on_paper] == []
    assert {night.paper for _, night in nights} == {"rgb(0, 0, 0) on rgb(255, 255, 255)"}
