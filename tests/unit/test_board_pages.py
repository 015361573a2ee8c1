"""The console's pages in each language: what is stuck first, searches, plain words, and nobody's data."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from console_kit import (
    TRACE,
    a_clock,
    a_record,
    a_site,
    an_entry,
    an_id,
    ask,
)
from console_tour import a_bad_site, tour
from page_kit import Element, read
from page_rules import wrong_in, wrong_in_style
from reading_kit import HURTFUL, grade, prose

from referral_exchange.pages.language import LANGUAGES
from referral_exchange.tracing import TraceSearch
from status_board.rules import Entry
from status_board.site import Site
from status_board.style import STYLE

Pages = Mapping[str, list[tuple[str, Element]]]

PROPER = re.compile(r"\b[a-z_]+[._-][a-z0-9._/-]+\b|\bHarbor \w+|\bexchange [a-z-]+")
"""Names of participants, processes, topics, classes and commands: none of them is prose."""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    return {tag: tour(tmp_path_factory.mktemp(tag), tag) for tag in LANGUAGES}


def page(site: Site, path: str, **headers: str) -> Element:
    (answer,) = ask(site, path, **headers)
    assert answer.status == 200, answer.text
    return read(answer.text)


def found(*entries: Entry, query: str) -> list[str]:
    """Ids on the page of a search."""
    shown = page(a_site(entries), f"/journeys?{query}")
    return [
        each["href"].removeprefix("/journeys/")[:8] for each in shown.all("a") if "/journeys/" in each["href"]
    ]


def test_the_first_page_begins_with_what_is_stuck_why_and_what_to_do(tmp_path: Path) -> None:
    shown = page(a_bad_site(tmp_path), "/")
    cards = shown.all("section")
    titles = [card.one("h2").text for card in cards]
    assert titles[0] == "One referral waits too long for an answer of harbor-house"
    assert "16 referrals have not reached harbor-house" in titles
    assert titles[-1] == "Schemas that differ: 1"
    stuck = cards[titles.index("16 referrals have not reached harbor-house")]
    assert "Why: Its process ngo_bridge.harbor-house does not work." in stuck.text
    assert "What to do: Start that process" in stuck.text
    assert "/runbooks/recipient-away" in [each["href"] for each in stuck.all("a")]
    assert f"/journeys/{an_id(1)}" in [each["href"] for each in stuck.all("a")]
    assert "See 6 more" in stuck.text


def test_nothing_is_called_well_before_all_is_read() -> None:
    assert "Nothing is stuck." in page(a_site(), "/").text
    from console_tour import a_broken_table

    half = page(a_site(rows=a_broken_table()), "/")
    assert "Nothing is stuck." not in half.text
    assert "Done: 120 of 400." in half.text
    assert half.one("progress")["value"] == "120"
    assert "The broker does not answer." in half.text


def test_a_referral_on_its_way_is_not_yet_stuck() -> None:
    assert "Nothing is stuck." in page(a_site([an_entry(1, age_s=0)]), "/").text


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("show=open", ["00000001", "00000002"]),
        ("referral=00000002", ["00000002"]),
        (f"referral={an_id(3)}", ["00000003"]),
        ("referral=00000002&show=closed", []),
        ("programme=lantern-safety-planning&show=all", ["00000003"]),
        ("programme=nobody-known", []),
        ("show=waiting", ["00000001"]),
        ("show=accepted", ["00000002"]),
        ("age=1-hour", ["00000002"]),
        ("age=7-days", []),
        ("referral=%27%3B--", []),
    ],
)
def test_a_search_finds_what_it_says(query: str, ids: list[str]) -> None:
    entries = (
        an_entry(1),
        an_entry(2, "accepted", age_s=7200),
        an_entry(3, "completed", closed_at=an_entry(3).since, programme_from="lantern-safety-planning"),
    )
    assert found(*entries, query=query) == ids


def test_a_referral_shows_steps_with_traces_clocks_and_consents() -> None:
    site = a_site([an_entry(1)], records=[a_record(1, a_clock(60))])
    shown = page(site, f"/journeys/{an_id(1)}")
    captions = [each.text for each in shown.all("caption")]
    assert captions == ["Steps, oldest first", "Clocks", "What was agreed"]
    links = [each["href"] for each in shown.all("a")]
    assert f"http://127.0.0.1:9411/zipkin/traces/{TRACE}" in links
    assert any(f"annotationQuery=referral.id%3D{an_id(1)}" in each for each in links)
    assert "An urgent referral must be answered" in shown.text
    assert "in force" in shown.text


@pytest.mark.parametrize(
    ("kind", "one"),
    [("jaeger", "/trace/"), ("zipkin", "/traces/"), ("tempo", "/explore?schemaVersion=1&panes=")],
)
def test_traces_are_linked_at_each_kind_of_page(kind: str, one: str) -> None:
    traces = TraceSearch.of("https://traces.example/", kind=kind)
    shown = page(a_site([an_entry(1)], traces=traces), f"/journeys/{an_id(1)}")
    links = [each["href"] for each in shown.all("a") if each["href"].startswith("https://traces.example/")]
    assert any(each.startswith(f"https://traces.example{one}") and TRACE in each for each in links)
    assert any(an_id(1) in each for each in links)


def test_clocks_that_ran_out_come_first() -> None:
    records = [a_record(1, a_clock(5)), a_record(2, a_clock(-60, elapsed=True)), a_record(3, a_clock(2))]
    shown = page(a_site(records=records), "/clocks")
    ids = [each.text for each in shown.all("code")]
    assert ids == ["00000002", "00000003", "00000001"]


def test_an_unknown_referral_or_runbook_is_not_there() -> None:
    paths = (f"/journeys/{an_id(7)}", "/runbooks/no-such", "/runbooks/..%2f..%2fREADME", "/runbooks/README")
    assert [each.status for each in ask(a_site(), *paths)] == [404] * len(paths)


def test_a_language_that_was_asked_for_is_remembered() -> None:
    (answer,) = ask(a_site(), "/?language=es", **{"Accept-Language": "en"})
    assert answer.headers["Content-Language"] == "es"
    assert "Qué está parado" in answer.text
    assert re.search(r"language=es;.*HttpOnly.*SameSite=Strict", answer.headers["Set-Cookie"])
    (kept,) = ask(a_site(), "/", Cookie="language=es")
    assert "Set-Cookie" not in kept.headers
    assert "Qué está parado" in kept.text


def test_a_page_loads_itself_anew_only_where_that_was_asked_for() -> None:
    plain, asked = ask(a_site(), "/lag", "/lag?refresh=1&language=en")
    assert 'http-equiv="refresh"' not in plain.text
    assert 'http-equiv="refresh" content="15"' in asked.text
    assert 'href="?language=en"' in asked.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_speaks_plainly_and_hurts_nobody(pages: Pages, language: str) -> None:
    for name, shown in pages[language]:
        main = [text for text in prose(shown) if text]
        said = PROPER.sub("it", ". ".join(main))
        if "runbooks" not in name:
            assert HURTFUL[language].findall(said) == [], name
        assert grade(said, language) <= 6, (name, round(grade(said, language), 1))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_has_help_a_heading_and_names_for_its_inputs(pages: Pages, language: str) -> None:
    for name, shown in pages[language]:
        assert shown.one("html")["lang"] == language, name
        assert len(shown.all("h1")) == 1, name
        assert {"tel:911", "tel:1-888-373-7888", "sms:233733"} <= {each["href"] for each in shown.all("a")}
        labelled = {each["for"] for each in shown.all("label")}
        inputs = [each for tag in ("input", "select") for each in shown.all(tag) if each["type"] != "hidden"]
        assert [each["id"] for each in inputs if each["id"] not in labelled] == [], name
        ids = [each["id"] for each in shown.all() if each["id"]]
        assert len(ids) == len(set(ids)), name
        assert not any(each["checked"] for each in inputs), name


def test_no_page_loads_anything_from_elsewhere(pages: Pages) -> None:
    for name, shown in pages["en"]:
        assert shown.answer is not None
        assert wrong_in(shown.answer.text) == [], name
    assert list(wrong_in_style(STYLE)) == []


def test_no_page_shows_a_code_of_the_wire(pages: Pages) -> None:
    codes = re.compile(
        r"\b(?:in_progress|on_hold|entered_in_error|cancel_requested|no_capacity)\b|ClockElapsed"
    )
    for name, shown in pages["en"]:
        assert codes.findall(shown.text) == [], name
