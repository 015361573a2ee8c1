"""Handing over: an input for every class that the consent covers, safe contact first, nothing more."""

from dataclasses import replace
from typing import Any

import pytest
from bridge_kit import NOW, OURS, THEIRS, StandInEdge, a_view, an_id, received
from page_kit import Browser, words_of

from ngo_bridge.pages.consent_classes import LATER_CLASSES
from participant_edge.errors import OutcomeUnknown
from participant_edge.views import OpenedPart, Step
from referral_exchange import events
from referral_exchange.events.parts import ResultBand, ScreeningTool

PAGE = f"/referrals/{an_id('a referral')}"
SEND = "Send it to Meadow housing"
NO_CONTACT = events.SafeContact(may_contact=False, voicemail=False)
NOTE = "an invented note"

EACH: list[tuple[str, dict[str, Any], Any]] = [
    ("identity", {"chosen_name": "Invented Marigold"}, events.Identity(chosen_name="Invented Marigold")),
    ("location", {"place": NOTE}, events.Location(place=NOTE)),
    ("immigration", {"note_immigration": NOTE}, events.Immigration(note=NOTE)),
    ("contact", {"contact_phone": NOTE}, events.Contact(phone=NOTE)),
    ("contact", {"contact_email": NOTE}, events.Contact(email=NOTE)),
    ("contact", {"contact_messenger": NOTE}, events.Contact(messenger=NOTE)),
    (
        "access",
        {"access_needs": ["relay", "easy-read"], "access_note": NOTE},
        events.Access(needs=["relay", "easy-read"], note=NOTE),
    ),
    (
        "family",
        {"family_adult": "1", "family_minor": "2", "family_note": NOTE},
        events.Family(members=3, age_bands=["adult", "minor", "minor"], note=NOTE),
    ),
    ("health", {"note_health": NOTE}, events.Health(note=NOTE)),
    ("mental-health", {"note_mental-health": NOTE}, events.MentalHealth(note=NOTE)),
    (
        "substance-use",
        {"note_substance-use": NOTE},
        events.SubstanceUse(note=NOTE, redisclosure_notice=False),
    ),
    ("legal", {"note_legal": NOTE}, events.Legal(note=NOTE)),
    ("criminal-legal", {"note_criminal-legal": NOTE}, events.CriminalLegal(note=NOTE)),
    ("employment", {"note_employment": NOTE}, events.Employment(note=NOTE)),
    ("finances", {"note_finances": NOTE}, events.Finances(note=NOTE)),
    ("education", {"note_education": NOTE}, events.Education(note=NOTE)),
    ("orientation-gender", {"note_orientation-gender": NOTE}, events.OrientationGender(note=NOTE)),
    (
        "tribal",
        {"nation": "Invented Nation", "membership": NOTE},
        events.Tribal(nation="Invented Nation", membership=NOTE),
    ),
]


def handed(view: Any) -> Any:
    """The same with the name handed over."""
    step = Step(event_id=an_id("d"), kind="ReferralDisclosed", what="", programme=OURS, at=NOW)
    return replace(view, steps=(*view.steps, step))


@pytest.mark.parametrize(("data_class", "typed", "part"), EACH)
def test_each_class_has_its_inputs_and_goes_as_its_part(
    browser: Browser, edge: StandInEdge, data_class: str, typed: dict[str, Any], part: Any
) -> None:
    edge.show(a_view(state="accepted"))
    edge.classes = frozenset({"needs", "safe-contact", data_class})
    browser.go(PAGE)
    browser.press(SEND, asked="yes", **typed)
    ((_, parts),) = edge.did("disclose")
    assert parts == [NO_CONTACT, part]


def test_no_class_of_a_consent_is_without_inputs() -> None:
    assert {name for name, _, _ in EACH} | {"safe-contact", "screening", "documents"} == set(LATER_CLASSES)


def test_what_the_consent_does_not_cover_is_not_asked(browser: Browser, edge: StandInEdge) -> None:
    edge.show(a_view(state="accepted"))
    edge.classes = frozenset({"needs", "safe-contact", "health"})
    page = browser.go(PAGE)
    asked = {e["name"] for tag in ("input", "select") for e in page.one("main").all(tag)}
    every = {name for _, typed, _ in EACH for name in typed}
    assert asked & every == {"note_health"}
    assert "tool" not in asked


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"membership": NOTE}, "Answer this: Tribe or nation"),
        ({"family_minor": "many"}, "Write a number from 0 to 20"),
        ({"note_health": "x" * 201}, "Write less here: Health"),
    ],
)
def test_half_a_part_is_told(browser: Browser, edge: StandInEdge, typed: dict[str, str], says: str) -> None:
    edge.show(a_view(state="accepted"))
    edge.classes = frozenset(LATER_CLASSES)
    browser.go(PAGE)
    page = browser.press(SEND, asked="yes", chosen_name="Invented Marigold", **typed)
    assert says in page.one("section", id="faults").text
    assert edge.told == []


def test_the_place_of_a_secret_shelter_goes_only_with_its_word(browser: Browser, edge: StandInEdge) -> None:
    authorised: list[bool] = []
    real = edge.disclose

    def disclose(*said: Any, address_authorised: bool = False) -> Any:
        authorised.append(address_authorised)
        return real(*said, address_authorised=address_authorised)

    edge.disclose = disclose  # type: ignore[method-assign]
    edge.classes = frozenset({"needs", "safe-contact", "location"})
    edge.show(a_view(state="accepted"))
    assert browser.go(PAGE).all("input", name="address_authorised") == []
    edge.show(a_view(state="accepted", programme_from="harbor-shelter"))
    browser.go(PAGE)
    browser.press(SEND, asked="yes", place=NOTE)
    browser.go(PAGE)
    browser.press(SEND, asked="yes", place=NOTE, address_authorised="yes")
    assert authorised == [False, True]


def test_a_new_safe_way_is_told_to_everybody_who_helps(browser: Browser, edge: StandInEdge) -> None:
    edge.show(
        handed(a_view(state="accepted")),
        a_view("another", state="in_progress", programme_to="harbor-shelter"),
        a_view("over", state="completed", programme_to="orchard-clinic"),
    )
    edge.persons.append((an_id("a referral"), an_id("another"), an_id("over")))
    link = next(a for a in browser.go(PAGE).all("a") if a.text == "A new safe way to reach the person")
    page = browser.go(link["href"])
    assert [li.text for li in page.one("main").all("li")] == ["Harbor night shelter", "Meadow housing"]
    page = browser.press("Tell all of them", may_contact="yes", method="text")
    assert "Write the number or address." in page.one("section", id="faults").text
    page = browser.press("Tell all of them", value="555-0177-invented", asked="yes")
    assert "Each service that helps is told of the new safe way." in words_of(page)
    ((told, contact),) = edge.did("change_safe_contact")
    assert told == (an_id("a referral"), an_id("another"))
    assert contact == events.SafeContact(
        may_contact=True, method="text", value="555-0177-invented", voicemail=False
    )


def test_after_an_unknown_outcome_all_are_told_once(browser: Browser, edge: StandInEdge) -> None:
    edge.show(handed(a_view(state="accepted")))
    browser.go(f"{PAGE}/safe-contact")
    real = edge.change_safe_contact

    def slow(*said: Any) -> Any:
        edge.change_safe_contact = real  # type: ignore[method-assign]
        raise OutcomeUnknown("no answer in time")

    edge.change_safe_contact = slow  # type: ignore[method-assign]
    page = browser.press("Tell all of them", asked="yes")
    assert browser.answer.status_code == 503
    assert "It will not happen twice." in words_of(page)
    browser.press("Tell all of them")
    assert len(edge.did("change_safe_contact")) == 1


@pytest.mark.parametrize("view", [received(state="accepted"), a_view(state="completed"), a_view()])
def test_nobody_else_changes_a_safe_way(browser: Browser, edge: StandInEdge, view: Any) -> None:
    edge.show(view)
    browser.go(f"{PAGE}/safe-contact")
    assert browser.answer.status_code == 404


def test_a_screening_goes_as_tool_version_and_band(browser: Browser, edge: StandInEdge) -> None:
    edge.show(a_view(state="accepted"))
    edge.classes = frozenset({"needs", "safe-contact", "screening"})
    page = browser.go(PAGE)
    assert len(page.one("select", id="tool").all("option")) == len(ScreeningTool.__args__)  # type: ignore[attr-defined]
    assert len(page.one("select", id="band").all("option")) == len(ResultBand.__args__)  # type: ignore[attr-defined]
    page = browser.press("Send the result", tool="tvit_short", version="2", band="possible")
    assert "Ask the person once more, then tick it." in page.one("section", id="faults").text
    page = browser.press("Send the result", screening_asked="yes")
    assert "Only Meadow housing can open the result." in words_of(page)
    ((kind, consent, urgency, _, part),) = edge.did("open_referral")
    assert (kind, consent, urgency) == ("ScreeningCompleted", an_id("a referral consent"), "urgent")
    assert part == events.ScreeningResult(tool="tvit_short", version="2", band="possible")


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_part_is_shown_in_words(browser: Browser, edge: StandInEdge, language: str) -> None:
    edge.show(received(state="accepted"))
    screening = events.ScreeningResult(tool="tvit_short", version="2", band="possible")
    records = [part for _, _, part in EACH] + [screening]
    edge.parts[an_id("a referral")] = [
        OpenedPart(event_id=an_id("e"), data_class=each.DATA_CLASS, record=each) for each in records
    ]
    page = browser.go(f"{PAGE}?language={language}")
    button = {
        "en": "Show what they sent",
        "es": next(b.text for b in page.one("form", action=f"{PAGE}/look").all("button")),
    }[language]
    said = browser.press(button).one("section", id="opened-part").text
    for code in ("easy-read", "tvit_short", "possible minor", "minor,", "Age bands", "True"):
        assert code not in said.replace("It may be so", ""), code
    assert {"en": "It may be so", "es": "Puede ser"}[language] in said
    assert THEIRS not in said
