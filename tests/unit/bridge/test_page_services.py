"""Finding a service: by what it offers, where, in which language, for whom, and whether there is room."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bridge_kit import NOW, OURS, THEIRS, StandInEdge, a_client, a_config, a_view, an_id
from page_kit import Browser, Element, words_of
from reading_kit import HURTFUL, grade, prose

from ngo_bridge import searching
from ngo_bridge.app import build
from ngo_bridge.searching import NOT_KNOWN, Room, Wish
from ngo_bridge.sign_in.door import place_of
from referral_exchange.events import CapacityReported

FIT = "Show what fits"
NEEDS: dict[str, Any] = {
    "services": ["Housing Services"],
    "languages": ["es"],
    "region": "South Fields",
    "age_band": "adult",
    "household": "2",
    "urgency": "urgent",
    "programme_from": OURS,
}


def room(programme: str, **changes: Any) -> CapacityReported:
    report = CapacityReported(
        event_id=an_id(programme),
        occurred_at=NOW,
        programme_id=programme,
        capacity="capacity",
        room=3,
        accessible=True,
        languages=["en"],
        as_of=NOW - timedelta(hours=2),
        valid_until=NOW + timedelta(hours=2),
    )
    return replace(report, **changes)


def shown(page: Element) -> list[str]:
    """The programmes of the list, in order."""
    return [h2.text for h2 in page.one("main").all("h2")]


def test_every_service_that_takes_part_is_listed(browser: Browser, edge: StandInEdge) -> None:
    page = browser.go("/services")
    listed = {p.name for p in edge.listed if p.sealing_key}
    assert set(shown(page)) == listed
    assert f"{len(listed)} services fit." in words_of(page)


@pytest.mark.parametrize(
    ("wish", "finds"),
    [
        ({"find_service": "Legal Services"}, {"Meadow legal help for farm workers"}),
        ({"find_language": "vi"}, {"Orchard clinic", "Orchard counseling"}),
        ({"find_region": "South Fields", "find_age": "minor"}, {"Meadow legal help for farm workers"}),
        ({"find_access": "wheelchair"}, set()),
        ({"find_room": "capacity"}, {"Meadow housing"}),
        ({"find_service": "Housing Services", "find_age": "minor"}, {"Juniper youth housing"}),
    ],
)
def test_it_is_found_by_each_of_six(
    browser: Browser, edge: StandInEdge, wish: dict[str, str], finds: set[str]
) -> None:
    edge.rooms_told = [room(THEIRS)]
    browser.go("/services")
    page = browser.press(FIT, **wish)
    assert set(shown(page)) == finds
    for name, value in wish.items():
        assert "selected" in page.one("select", id=name).one("option", value=value).attributes
        assert str(browser.answer.url).endswith("/services")


def test_access_is_shown_and_found(browser: Browser, edge: StandInEdge) -> None:
    edge.listed = [replace(p, access=["wheelchair"]) if p.programme_id == THEIRS else p for p in edge.listed]
    browser.go("/services")
    page = browser.press(FIT, find_access="wheelchair")
    assert shown(page) == ["Meadow housing"]
    assert "Has: No steps." in words_of(page)


def test_who_has_room_stands_first_and_who_is_full_last(browser: Browser, edge: StandInEdge) -> None:
    edge.rooms_told = [room(THEIRS), room("harbor-advocacy", capacity="no_capacity", room=0)]
    page = browser.go("/services")
    assert shown(page)[0] == "Meadow housing"
    assert shown(page)[-1] == "Harbor advocacy"
    said = page.one("section", **{"aria-labelledby": f"service-{THEIRS}"}).text
    assert "Has room now. 3 places. They said so: 3:15 PM." in said
    assert "Harbor advocacy" not in shown(browser.press(FIT, find_room="not_full"))


def test_what_was_said_of_room_is_believed_only_so_long() -> None:
    report = room(THEIRS)
    assert searching.room_now(report, NOW) == Room("capacity", 3, report.as_of)
    assert searching.room_now(report, report.valid_until + timedelta(seconds=1)) == NOT_KNOWN
    assert searching.room_now(replace(report, capacity="unspecified"), NOW) == NOT_KNOWN


def test_a_language_finds_its_variants(edge: StandInEdge) -> None:
    listed = replace(edge.listed[0], languages=["es-MX"])
    assert searching.answers(listed, NOT_KNOWN, Wish(language="es"))
    assert not searching.answers(replace(listed, languages=["est"]), NOT_KNOWN, Wish(language="es"))


def test_a_secret_place_does_not_name_who_runs_it(browser: Browser, edge: StandInEdge) -> None:
    page = browser.go("/services")
    secret = page.one("section", **{"aria-labelledby": "service-harbor-shelter"}).text
    assert "Its place stays secret." in secret
    assert "Harbor House" not in secret
    legal = page.one("section", **{"aria-labelledby": "service-meadow-farmworker-legal"}).text
    assert "Meadow Collective" in legal


def test_who_takes_no_part_is_not_found(browser: Browser, edge: StandInEdge) -> None:
    edge.participants_listed = [
        replace(p, standing="paused") if p.participant_id == "meadow-collective" else p
        for p in edge.participants_listed
    ]
    assert "Meadow housing" not in shown(browser.go("/services"))


def test_in_an_offer_the_list_can_be_narrowed_and_what_is_chosen_stays(
    browser: Browser, edge: StandInEdge
) -> None:
    edge.rooms_told = [room(THEIRS)]
    browser.go("/offer")
    browser.press("It is safe. Go on.")
    page = browser.press("Go on", **NEEDS)
    assert "Has room now. 3 places." in page.one("", id=f"about-{THEIRS}").text
    page = browser.press(FIT, find_room="capacity", to="harbor-shelter")
    offered = {box["value"]: "checked" in box.attributes for box in page.all("input", name="to")}
    assert offered == {THEIRS: False, "harbor-shelter": True}
    page = browser.press("Go on")
    assert "May we ask Harbor night shelter?" in words_of(page)
    page = browser.press("Go back")
    assert len(page.all("input", name="to")) == 2


def test_the_printed_list_holds_what_is_needed_and_nobody(browser: Browser, edge: StandInEdge) -> None:
    edge.show(a_view("one"), a_view("over", state="completed"), a_view("gone", standing="withdrawn"))
    edge.show(a_view("purge", state="cancelled", standing="withdrawn", purge="asked"))
    page = browser.go("/printed-list")
    said = words_of(page)
    references = [li.text for li in page.one("section", **{"aria-labelledby": "down-open"}).all("li")]
    assert references == sorted(f"Reference {an_id(name)[:8]}" for name in ("one", "purge"))
    for text in (
        "1-888-373-7888",
        "233733",
        "First: enter each yes that was taken back.",
        "Meadow housing",
        "Mixtec",
        "Its place stays secret.",
        "May we ask this service?",
        "is the phone shared?",
    ):
        assert text in said, text
    listed = page.one("section", **{"aria-labelledby": "down-services"}).all("div")
    assert "Harbor House" not in next(div.text for div in listed if "Harbor night shelter" in div.text)
    assert [e for e in page.all("input") if e["type"] != "hidden"] == []


def test_of_many_referrals_the_printed_list_says_that_there_are_more(
    browser: Browser, edge: StandInEdge
) -> None:
    edge.show(*(a_view(f"open {n}") for n in range(620)))
    page = browser.go("/printed-list")
    assert len(page.one("section", **{"aria-labelledby": "down-open"}).all("li")) == 500
    assert "There are more than fit here." in words_of(page)


@pytest.mark.parametrize("path", ["/services", "/printed-list"])
def test_after_a_sign_in_one_is_where_one_wanted_to_be(path: str) -> None:
    assert place_of(path) == path


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("path", ["/services", "/printed-list"])
def test_both_are_easy_in_both_languages(edge: StandInEdge, tmp_path: Path, path: str, language: str) -> None:
    app = build(edge, a_config(tmp_path))  # type: ignore[arg-type]
    with a_client(app) as http:
        page = Browser(http).go(f"{path}?language={language}")
    said = [text for text in prose(page.one("main")) if len(text.split()) > 4]
    assert page.one("html")["lang"] == language
    assert grade("\n".join(said), language) <= 6
    assert HURTFUL[language].findall(page.text) == []
