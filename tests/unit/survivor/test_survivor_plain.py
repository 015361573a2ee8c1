"""The person's page in every state and both languages: easy words, help in sight, no names."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from ledger_kit import RECIPIENT, SENDER, STRANGER
from page_kit import Element, read
from page_rules import wrong_in
from reading_kit import HURTFUL, every_text, grade, prose
from survivor_kit import SurvivorKit
from survivor_tour import act, tour

from referral_exchange import vocabulary
from referral_exchange.pages.catalogues import catalogue, texts
from referral_exchange.pages.language import LANGUAGES
from survivor_page import rules
from survivor_page.pages import rendering

PACKAGE = Path(rendering.__file__).parents[1]
Pages = dict[str, list[tuple[str, Element]]]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """Every page in each language; made once."""
    return {
        language: [
            *tour(tmp_path_factory.mktemp("page"), language),
            *over(tmp_path_factory.mktemp("over"), language),
        ]
        for language in LANGUAGES
    }


def over(folder: Path, language: str) -> list[tuple[str, Element]]:
    """After a quarter of an hour, in the middle."""
    kit = SurvivorKit(folder)
    try:
        browser = kit.browser(**{"accept-language": language})
        browser.go("/")
        act(browser, "open", code=kit.code(kit.given()))
        kit.pass_(minutes=15)
        return [("over", act(browser, "list"))]
    finally:
        kit.close()


def each(pages: Pages) -> Iterator[tuple[str, str, Element]]:
    for language, found in pages.items():
        for name, page in found:
            yield language, name, page


def test_every_page_is_whole_and_says_its_language(pages: Pages) -> None:
    for language, name, page in each(pages):
        assert (page.one("html")["lang"], page.one("html")["dir"]) == (language, "ltr"), name
        for landmark in ("header", "nav", "main", "footer", "aside"):
            assert page.one(landmark), (language, name)
        assert len(page.all("h1")) == 1, (language, name)
        levels = [int(e.tag[1]) for e in page.one("main").all() if re.fullmatch("h[1-6]", e.tag)]
        assert all(b - a <= 1 for a, b in pairwise(levels)), (language, name, levels)
        skip = page.one("body").all("a")[0]
        assert (skip["href"], page.one("main")["id"]) == ("#main", "main"), name
        ids = [e["id"] for e in page.all() if e["id"]]
        assert len(ids) == len(set(ids)), (language, name)
        for described in page.all():
            for attribute in ("aria-describedby", "aria-labelledby"):
                assert set(described[attribute].split()) <= set(ids), (language, name, described[attribute])


def test_title_icon_and_address_say_nothing(pages: Pages) -> None:
    quiet = {"en": {"Sign in", "My page"}, "es": {"Entrar", "Mi página"}}
    for language, name, page in each(pages):
        assert page.one("title").text in quiet[language], name
        assert page.one("link", rel="icon")["href"] == "data:,"
        assert page.answer is not None
        assert page.answer.url.path in ("/", "/nothing"), name
        assert set(page.answer.url.params) <= {"language"}, name


def test_help_and_a_quick_way_out_stand_first_on_every_page(pages: Pages) -> None:
    for language, name, page in each(pages):
        for number in ("911", "1-888-373-7888", "233733", "711"):
            assert number in page.one("aside").text, (language, name)
        first = page.one("header").all("a")[0]
        assert "data-leave" in first.attributes, (language, name)
        assert (first["href"], first["rel"]) == ("https://www.weather.gov/", "noreferrer"), name


def test_the_warning_stands_before_the_code(pages: Pages) -> None:
    for language in LANGUAGES:
        ((_, front),) = [(n, p) for n, p in pages[language] if n == "front"]
        order = [e for e in front.one("main").all() if e.tag in ("section", "input")]
        assert order[0].tag == "section"
        said = texts("survivor_page", language)["front"]
        for name in ("safe_history", "safe_shared", "safe_alone"):
            assert said[name] in order[0].text


def test_no_is_as_large_as_yes_and_nothing_is_chosen(pages: Pages) -> None:
    for language, name, page in each(pages):
        assert [e for e in page.all("input") if "checked" in e.attributes] == [], (language, name)
        if name == "stop":
            halves = [e for e in page.all() if e["class"] == "half"]
            assert [e.one("button")["class"] for e in halves] == ["button big", "button big"]


def test_every_input_has_a_label_and_every_button_a_name_of_its_own(pages: Pages) -> None:
    for language, name, page in each(pages):
        for field in [e for e in page.all("input") if e["type"] in ("text", "radio")]:
            assert page.all("label", **{"for": field["id"]}), (language, name)
        for button in page.all("button"):
            assert button.text, (language, name)
        named = [b["aria-labelledby"] for b in page.one("main").all("button") if b["aria-labelledby"]]
        assert len(named) == len(set(named)), (language, name)


def test_nothing_comes_from_elsewhere_and_nothing_is_kept(pages: Pages) -> None:
    for language, name, page in each(pages):
        assert page.answer is not None
        html = page.answer.text
        assert wrong_in(html) == [], (language, name)
        assert "set-cookie" not in page.answer.headers
        assert page.answer.headers["cache-control"] == "no-store"
        policy = page.answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy


def test_no_programme_id_or_code_of_the_wire_is_read(pages: Pages) -> None:
    codes = {*vocabulary.data_classes(), *rules.QUESTIONS, "survivor", "withdrawn", "suspended", "purged"}
    shown = {c for c in codes if "-" in c or "_" in c} | {"survivor", "withdrawn", "suspended", "purged"}
    for language, name, page in each(pages):
        words = page.one("body").text
        for hidden in (SENDER, RECIPIENT, STRANGER, *shown):
            assert hidden not in words, (language, name, hidden)


def test_every_page_can_be_read_at_grade_6(pages: Pages) -> None:
    for language, name, page in each(pages):
        said = [text for text in prose(page.one("main")) if len(text.split()) > 4]
        if said:
            assert grade("\n".join(said), language) <= 6, (language, name, grade("\n".join(said), language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_long_text_can_be_read_at_grade_8(language: str) -> None:
    for text in every_text(texts("survivor_page", language)):
        if len(text.split()) > 7:
            spoken = re.sub(r"\{\w+\}", "Ann", text)
            assert grade(spoken, language) <= 8, (grade(spoken, language), text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_that_hurt_stand_nowhere(language: str) -> None:
    for text in every_text(texts("survivor_page", language)):
        assert not HURTFUL[language].search(text), text


def test_both_languages_say_the_same_things() -> None:
    entries = {}
    for language in LANGUAGES:
        named = {str(m.id): str(m.string) for m in catalogue("survivor_page", language) if m.id}
        entries[language] = {name: set(re.findall(r"\{(\w+)\}", text)) for name, text in named.items()}
        assert all(named.values())
    assert entries["en"] == entries["es"]


def test_every_code_that_can_be_shown_has_words() -> None:
    for language in LANGUAGES:
        t = texts("survivor_page", language)
        assert set(t["kinds_of"]) == set(rules.Kind.__args__)  # type: ignore[attr-defined]
        assert set(t["states_of"]) == set(rules.State.__args__)  # type: ignore[attr-defined]
        assert set(t["deletions"]) == {"purged", "legal-hold", "asked"}
        assert set(t["questions"]) == set(rules.QUESTIONS)
        assert set(t["answers_of"]) == set(rules.ANSWERS)
        assert set(t["data_classes"]) >= set(vocabulary.data_classes())


def test_no_text_is_left_that_no_page_uses() -> None:
    sources = "".join(path.read_text() for kind in ("*.html", "*.py") for path in PACKAGE.rglob(kind))
    by_code = ("kinds_of", "states_of", "deletions", "questions", "answers_of", "feedback", "front")
    for message in catalogue("survivor_page", "en"):
        group, _, name = str(message.id).partition(".")
        if message.id and group not in by_code:
            assert f"t.{group}.{name}" in sources, message.id


def test_a_page_reads_in_order_without_a_style_sheet(pages: Pages) -> None:
    for _, name, page in each(pages):
        assert page.answer is not None
        assert read(page.answer.text), name
