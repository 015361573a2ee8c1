"""The pages of every service as somebody meets them who reads Spanish: plain, and nothing left in English."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import bridge_tour
import console_tour
import pytest
import survivor_tour
from bridge_tour import NAMES, Pages
from page_kit import Element, read
from reading_kit import HURTFUL, grade, prose

ENGLISH = re.compile(
    r"\b(?:the|and|you|your|they|them|their|with|this|that|what|who|how|which|when|not|for|from|have|has|been"
    r"|was|were|is|are|of|to|or|if|we|our|it|its|on|at|by|minutes?|hours?|days?|yes|please|[AP]M)\b",
    re.IGNORECASE,
)
"""Small words that English cannot do without and Spanish does not have."""

CODE = re.compile(r"\b[a-z]+(?:[-_./][a-z]+)+\b")
_SPOKEN = ("aria-label", "title", "placeholder", "alt", "label")


def said_on(page: Element) -> Iterator[str]:
    """Every text of a page, also what only a screen reader says; without proper names."""
    for element in page.all():
        texts = [child for child in element.children if isinstance(child, str)]
        texts += [element[name] for name in _SPOKEN]
        in_own_language = element["lang"] not in ("", "es") or element.tag in ("html", "script")
        yield from () if in_own_language else (NAMES.sub("Ana", text) for text in texts if text.strip())


def english_on(page: Element) -> list[str]:
    """Texts that were left in English. What operators type or look up, as `set-aside.one`, is no text."""
    return [text for text in said_on(page) if ENGLISH.search(CODE.sub("", text))]


def of_the_bridge(folder: Path, language: str) -> Pages:
    fresh, faulty = bridge_tour.tour(folder, language)
    return fresh + faulty


WALKS: Mapping[str, Callable[[Path, str], Pages]] = {
    "ngo_bridge": of_the_bridge,
    "status_board": console_tour.tour,
    "survivor_page": survivor_tour.tour,
}


@pytest.fixture(scope="module", params=WALKS)
def pages(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """Every page of one service. A runbook of the console is a page of the handbook: it has one language."""
    found = WALKS[request.param](tmp_path_factory.mktemp("pages"), "es")
    return [(name, page) for name, page in found if "/runbooks/" not in name]


def test_every_page_says_that_it_is_spanish(pages: Pages) -> None:
    assert len(pages) > 10
    for name, page in pages:
        assert (page.one("html")["lang"], page.one("html")["dir"]) == ("es", "ltr"), name


def test_no_english_is_left_on_any_page(pages: Pages) -> None:
    assert {name: left for name, page in pages if (left := english_on(page))} == {}


def test_every_page_can_be_read_after_six_years_of_school(pages: Pages) -> None:
    for name, page in pages:
        # Short labels would make any page look easy; fewer than twenty words say little of a page.
        said = [NAMES.sub("Ana", text) for text in prose(page.one("main")) if len(text.split()) > 4]
        if sum(len(text.split()) for text in said) >= 20:
            assert grade("\n".join(said), "es") <= 6, (name, said)


def test_words_that_hurt_are_on_no_page(pages: Pages) -> None:
    for name, page in pages:
        assert HURTFUL["es"].findall(page.text) == [], name


def test_both_languages_are_offered_on_every_page_that_is_not_for_paper(pages: Pages) -> None:
    for name, page in pages:
        if name not in ("Read it aloud", "The form on paper"):
            offered = [(each["lang"], each.text) for each in page.one("body").all() if each["lang"]]
            assert offered == [("en", "English"), ("es", "español")], name


@pytest.mark.parametrize(
    "left",
    [
        "<p>Cambió hace 5 minutes</p>",
        "<p>Dijeron que sí at 5:15 p.m.</p>",
        '<nav aria-label="What waits"></nav>',
        "<p>Meadow housing: they said no</p>",
        "<title>Sign in to go on</title>",
    ],
)
def test_english_that_was_left_is_seen(left: str) -> None:
    assert english_on(read(f'<html lang="es"><body>{left}</body></html>')) != []


def test_a_name_or_the_other_language_is_not_english_that_was_left() -> None:
    told = '<p>Meadow legal help for farm workers dijo que no.</p><a lang="en">English with the flag</a>'
    assert english_on(read(f"<html><body>{told}</body></html>")) == []
