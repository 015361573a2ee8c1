"""The consent page: every field that a rule may ask for, only where it matters; on paper, and aloud."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bridge_kit import OURS, THEIRS, StandInEdge, a_client, a_config
from page_kit import Browser, Element, words_of
from reading_kit import HURTFUL, grade, prose

from ngo_bridge.app import build
from ngo_bridge.pages import consent_classes
from ngo_bridge.pages.words import words
from participant_edge.errors import Refused
from referral_exchange import vocabulary
from referral_exchange.pages import catalogues
from referral_exchange.pages.language import speaking

GO, SEE, SEND, SAFE = "Go on", "See what will leave", "Send what got a yes", "It is safe. Go on."
ALOUD, PAPER = "Read it aloud", "The form on paper"
NEEDS: dict[str, Any] = {
    "services": ["Housing Services"],
    "languages": ["es"],
    "region": "South Fields",
    "age_band": "adult",
    "household": "2",
    "urgency": "urgent",
    "answer_by": "4",
    "programme_from": OURS,
}
CONTACT = {
    "may_contact": "yes",
    "method": "text",
    "value": "555-0177-invented",
    "window": "market mornings",
    "contact_language": "es",
    "pretext": "the seed catalogue",
}
SIGNED: dict[str, Any] = {"explained_in": "es", "signer": "self", "signed": "yes", "told": "yes"}
LATER = f"later.{THEIRS}"
YES: dict[str, Any] = {f"yes.{THEIRS}": "yes", LATER: ["safe-contact", "identity"]}


def to_agree(browser: Browser, *recipients: str, **changes: Any) -> Element:
    browser.go("/offer")
    browser.press(SAFE)
    browser.press(GO, **(NEEDS | changes))
    return browser.press(GO, to=list(recipients or (THEIRS,)))


def bound_by(edge: StandInEdge, programme: str, *streams: str) -> None:
    """Gives a programme another law profile."""
    edge.listed = [
        replace(p, funding_streams=list(streams)) if p.programme_id == programme else p for p in edge.listed
    ]


def lines(page: Element) -> list[str]:
    """What is read aloud, one line after the other."""
    return [p.text for p in page.one("div", **{"class": "aloud"}).all("p")]


def test_safe_contact_is_asked_before_the_need_and_is_no_contact(browser: Browser) -> None:
    browser.go("/offer")
    page = browser.press(SAFE)
    asked = [e["id"] for e in page.one("main").all() if e["id"]]
    assert asked.index("may_contact") < asked.index("services")
    assert page.one("select", id="may_contact").all("option")[0].text == "No. Do not contact."
    assert {"method", "value", "window", "contact_language", "pretext", "voicemail"} <= set(asked)
    assert "is the phone shared?" in words_of(page)


def test_safe_contact_is_kept_nowhere_and_goes_nowhere(
    browser: Browser, edge: StandInEdge, tmp_path: Path
) -> None:
    to_agree(browser, **CONTACT)
    page = browser.press(SEE, **SIGNED, **YES)
    assert "555-0177-invented" in words_of(page)
    browser.press(SEND)
    assert "555-0177-invented" not in repr(edge.told)
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"555-0177-invented" not in kept


def test_half_a_safe_contact_is_told(browser: Browser) -> None:
    browser.go("/offer")
    browser.press(SAFE)
    page = browser.press(GO, **NEEDS, may_contact="yes")
    assert "Say how they can reach the person." in page.one("section", id="faults").text


def test_every_class_that_can_be_handed_over_has_a_tick(browser: Browser) -> None:
    page = to_agree(browser)
    offered = {e["value"] for e in page.all("input", name=LATER)}
    spoken_for = {"needs", "service-status", "psychotherapy-notes"}
    assert offered == set(vocabulary.data_classes()) - spoken_for
    assert [e for e in page.all("input", name=LATER) if "checked" in e.attributes] == []


def test_each_tick_names_its_fields(browser: Browser) -> None:
    page = to_agree(browser)
    tick = page.one("input", name=LATER, value="identity")
    hint = page.one("", id=tick["aria-describedby"]).text
    assert hint.startswith("Name to use and pronouns. Name on papers and date of birth only if a form needs")


@pytest.mark.parametrize("purpose", vocabulary.purposes())
def test_the_purpose_is_asked_and_said(browser: Browser, edge: StandInEdge, purpose: str) -> None:
    page = to_agree(browser, purpose=purpose)
    assert words()["purposes"][purpose] in words_of(page)
    browser.press(SEE, **SIGNED, **YES)
    browser.press(SEND)
    assert edge.did("give_consent")[0].purpose == purpose


def test_without_a_law_that_asks_nothing_more_is_asked(browser: Browser, edge: StandInEdge) -> None:
    page = to_agree(browser)
    for name in ("intermediary", f"exception.{THEIRS}", f"official.{THEIRS}", "minor_signed", "minor_alone"):
        assert page.all("", name=name) == []
    browser.press(SEE, **SIGNED, **YES)
    browser.press(SEND)
    (consent,) = edge.did("give_consent")
    assert (consent.intermediary_named, consent.exception_1367, consent.official_class) == (False, "", "")
    assert consent.services_conditioned is False
    assert consent.signer_is_abuser is False


def test_part_2_notes_go_only_where_the_form_names_who_carries_them(
    browser: Browser, edge: StandInEdge
) -> None:
    bound_by(edge, OURS, "voca", "hipaa", "part2")
    page = to_agree(browser)
    assert "42 CFR Part 2" in words_of(page)
    said = SIGNED | YES | {LATER: ["safe-contact", "substance-use"]}
    page = browser.press(SEE, **said)
    assert "only if the form names who carries it" in page.one("section", id="faults").text
    page = browser.press(SEE, intermediary="yes")
    assert "names the Referral exchange as the one that carries it" in words_of(page)
    browser.press(SEND)
    (consent,) = edge.did("give_consent")
    assert consent.intermediary_named
    assert consent.funding_streams == ("voca", "hipaa", "part2")


@pytest.mark.parametrize("bound", [OURS, THEIRS])
def test_papers_under_8_usc_1367_need_exception_and_official(
    browser: Browser, edge: StandInEdge, bound: str
) -> None:
    bound_by(edge, bound, "section_1367")
    to_agree(browser)
    said = SIGNED | YES | {f"documents.{THEIRS}": "yes"}
    if bound == OURS:
        said = said | {LATER: ["safe-contact", "immigration"]}
    page = browser.press(SEE, **said)
    assert len(page.one("section", id="faults").all("a")) == 2
    exception = {f"exception.{THEIRS}": "waiver", f"official.{THEIRS}": "victim-assistance"}
    browser.press(SEE, **exception)
    browser.press(SEND)
    (consent,) = edge.did("give_consent")
    assert (consent.exception_1367, consent.official_class) == ("waiver", "victim-assistance")


def test_of_1367_nothing_is_said_where_no_such_papers_go(browser: Browser, edge: StandInEdge) -> None:
    bound_by(edge, OURS, "section_1367")
    to_agree(browser)
    browser.press(SEE, **SIGNED, **YES)
    browser.press(SEND)
    assert edge.did("give_consent")[0].exception_1367 == ""


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("section-1367-waiver-is-an-adults", "Only an adult can give this up"),
        ("section-1367-benefits-is-for-eligibility", "only to show the right to a service"),
        ("section-1367-victim-services-are-nongovernmental", "a group that is not government"),
        ("part2-consent-names-the-intermediary", "The form must name who carries it"),
    ],
)
def test_a_rule_of_the_policy_is_told_in_plain_words(
    browser: Browser, edge: StandInEdge, rule: str, says: str
) -> None:
    to_agree(browser)
    browser.press(SEE, **SIGNED, **YES)
    edge.failing = Refused("denied", "x", rule, "an invented section")
    assert says in words_of(browser.press(SEND))


def test_before_the_button_stands_exactly_what_leaves(browser: Browser, edge: StandInEdge) -> None:
    to_agree(browser, THEIRS, "harbor-shelter", access=["interpreter"], **CONTACT)
    page = browser.press(SEE, **SIGNED, **YES, **{"yes.harbor-shelter": "no"})
    assert page.one("h1").text == "What will leave"
    said = page.one("section", **{"aria-labelledby": f"to.{THEIRS}"}).text
    now, after = said.split("After their yes, if the person still wants it")
    for field in ("A safe place to stay", "Spanish", "South Fields", "18 or older", "2 people", "4 hours"):
        assert field in now
    assert "An interpreter" in now
    assert "555-0177-invented" not in now
    assert "market mornings" in after
    assert "Name to use and pronouns" in after
    assert "Where I am" not in after
    assert "Harbor night shelter: the answer was no. Nothing goes there." in words_of(page)
    assert edge.told == []


def test_one_can_go_back_from_there_and_change_a_tick(browser: Browser, edge: StandInEdge) -> None:
    to_agree(browser)
    browser.press(SEE, **SIGNED, **YES)
    page = browser.press("Go back")
    assert "checked" in page.one("input", name=LATER, value="identity").attributes
    browser.press(SEE, **{LATER: ["safe-contact"]})
    browser.press(SEND)
    assert edge.did("give_consent")[0].data_classes == ("needs", "safe-contact")


def test_in_mid_flow_the_page_changes_its_language_and_loses_nothing(
    browser: Browser, edge: StandInEdge
) -> None:
    page = to_agree(browser, **CONTACT)
    code = next(p.text for p in page.all("p") if p.text.startswith("Code of this form:")).split()[4]
    page = browser.press("español", **SIGNED, **YES)
    assert page.one("html")["lang"] == "es"
    assert browser.answer.status_code == 200
    assert "checked" in page.one("input", name=LATER, value="identity").attributes
    assert "selected" in page.one("select", id="signer").one("option", value="self").attributes
    assert page.one("input", type="hidden", name="value")["value"] == "555-0177-invented"
    assert code in words_of(page)
    page = browser.press("English")
    assert page.one("html")["lang"] == "en"
    browser.press(SEE)
    browser.press(SEND)
    assert edge.did("give_consent")[0].language == "es"


@pytest.mark.parametrize("stage", ["needs", "who", "look"])
def test_every_page_of_an_offer_changes_its_language(browser: Browser, stage: str) -> None:
    browser.go("/offer")
    browser.press(SAFE)
    if stage != "needs":
        browser.press(GO, **NEEDS)
    if stage == "look":
        browser.press(GO, to=THEIRS)
        browser.press(SEE, **SIGNED, **YES)
    typed = NEEDS if stage == "needs" else {"to": THEIRS} if stage == "who" else {}
    page = browser.press("español", **typed)
    assert page.one("html")["lang"] == "es"
    assert not page.all("section", id="faults")
    kept = page.one("input", value="South Fields") if stage != "needs" else page.one("", value="South Fields")
    assert stage != "needs" or "selected" in kept.attributes


def test_the_form_on_paper_speaks_the_persons_language_and_says_all(
    browser: Browser, edge: StandInEdge
) -> None:
    bound_by(edge, OURS, "voca", "hipaa", "part2")
    page = to_agree(browser, THEIRS, "harbor-shelter", **CONTACT)
    code = next(p.text for p in page.all("p") if p.text.startswith("Code of this form:")).split()[4]
    page = browser.press(PAPER, explained_in="es", **{LATER: ["safe-contact"]})
    assert page.one("html")["lang"] == "es"
    assert browser.page.one("main").all("a") == browser.page.one("main").all("button") == []
    said = words_of(page)
    spanish = catalogues.texts("ngo_bridge", "es")
    for part in ("Meadow housing", "Meadow Collective", "Harbor night shelter", code, "42 CFR Part 2"):
        assert part in said, part
    for name in ("title", "name", "intermediary", "part2", "redisclosure", "told", "sign_other", "office"):
        assert spanish["paper"][name] in said, name
    ticked = [e for e in page.all("span") if e["class"] == "box on"]
    assert len(ticked) == 1
    office = page.one("section", **{"aria-labelledby": "paper-office"}).text
    assert said.count("555-0177-invented") == office.count("555-0177-invented") == 1


def test_a_language_that_the_site_does_not_speak_leaves_the_page_as_it_is(browser: Browser) -> None:
    to_agree(browser)
    page = browser.press(PAPER, explained_in="mix")
    assert page.one("html")["lang"] == "en"
    assert "Mixtec" in words_of(page)


def test_a_minors_form_has_a_line_for_each_who_signs(browser: Browser) -> None:
    to_agree(browser, age_band="unknown")
    said = words_of(browser.press(PAPER))
    assert "Signed by the young person" in said
    assert "Signed by a parent or guardian who did no harm" in said
    assert "may not see the file" in said


def test_read_aloud_is_one_sentence_a_line_in_the_order_of_speaking(browser: Browser) -> None:
    to_agree(browser, THEIRS, "harbor-shelter", age_band="minor")
    page = browser.press(ALOUD)
    said = lines(page)
    order = [
        "I will read this to you.",
        "You can say no.",
        "Now we talk about Meadow housing, of Meadow Collective.",
        "May we ask Meadow housing?",
        "Now we talk about Harbor night shelter, of Harbor House.",
        "May we ask Harbor night shelter?",
        "You are under 18, or we do not know your age.",
        "That is all.",
    ]
    places = [said.index(line) for line in order]
    assert places == sorted(places)
    for line in said:
        assert not re.search(r"[.?!] ", line), line
    assert said.count("Wait, and ask: is this clear?") >= 8


def test_on_the_page_to_read_from_nothing_can_be_pressed(browser: Browser) -> None:
    to_agree(browser)
    page = browser.press(ALOUD)
    for tag in ("a", "button", "input", "select", "form", "script", "nav"):
        assert page.all(tag) == [], tag
    assert "1-888-373-7888" in page.text


def test_government_is_said_aloud_too(browser: Browser, edge: StandInEdge) -> None:
    edge.participants_listed = [
        replace(p, kind="federal_agency") if p.participant_id == "meadow-collective" else p
        for p in edge.participants_listed
    ]
    to_agree(browser)
    assert any("Homeland Security" in line for line in lines(browser.press(ALOUD)))


def test_paper_and_reading_keep_nothing(browser: Browser, edge: StandInEdge, tmp_path: Path) -> None:
    to_agree(browser, **CONTACT)
    browser.press(PAPER, **SIGNED, **YES)
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert edge.told == []
    assert b"555-0177-invented" not in kept


def test_the_code_on_paper_outlives_a_no_of_the_policy(browser: Browser, edge: StandInEdge) -> None:
    page = to_agree(browser)
    paper = page.one("input", name="paper")["value"]
    browser.press(SEE, **SIGNED, **YES)
    before = browser.page.one("main").one("input", name="key")["value"]
    edge.failing = Refused("denied", "x", "class-not-covered", "x")
    page = browser.press(SEND)
    assert page.one("input", name="paper")["value"] == paper
    assert page.one("main").one("input", name="key")["value"] != before


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("age", ["adult", "minor"])
def test_every_page_of_an_offer_is_easy_in_both_languages(
    edge: StandInEdge, tmp_path: Path, language: str, age: str
) -> None:
    bound_by(edge, OURS, "hipaa", "part2", "section_1367")
    app = build(edge, a_config(tmp_path))  # type: ignore[arg-type]
    with a_client(app) as http, speaking(language):
        http.headers["accept-language"] = language
        browser, t = Browser(http), words()["offer"]
        pages = {"safe": browser.go("/offer"), "needs": browser.press(t["safe_yes"])}
        pages["who"] = browser.press(t["next"], **(NEEDS | {"age_band": age}))
        pages["agree"] = browser.press(t["next"], to=[THEIRS, "harbor-shelter"])
        for button in ("agree_aloud", "agree_paper"):
            pages[button] = browser.press(t[button], explained_in=language)
            browser.go("/offer")
            browser.press(t["safe_yes"])
            browser.press(t["next"], **(NEEDS | {"age_band": age}))
            browser.press(t["next"], to=[THEIRS, "harbor-shelter"])
        pages["faulty"] = browser.press(t["agree_see"])
        for name, page in pages.items():
            assert page.one("html")["lang"] == language, name
            said = [text for text in prose(page.one("main")) if len(text.split()) > 4]
            assert grade("\n".join(said), language) <= 6, (name, grade("\n".join(said), language))
            assert HURTFUL[language].findall(page.text) == [], name


def test_psychotherapy_notes_are_never_on_a_shared_form() -> None:
    assert "psychotherapy-notes" not in consent_classes.LATER_CLASSES
