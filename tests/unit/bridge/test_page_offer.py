"""Asking for help: safety first, nothing ticked, each recipient its own yes or no, nothing kept before."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bridge_kit import NOW, OURS, THEIRS, StandInEdge, a_client
from page_kit import Browser, Element, words_of

from participant_edge.errors import OutcomeUnknown, Refused

GO, SEE, SEND, SAFE = "Go on", "See what will leave", "Send what got a yes", "It is safe. Go on."
NEEDS: dict[str, Any] = {
    "services": ["Housing Services", "Legal Services"],
    "languages": ["es", "mix"],
    "region": "South Fields",
    "age_band": "adult",
    "household": "2",
    "access": ["interpreter"],
    "urgency": "urgent",
    "answer_by": "4",
    "programme_from": OURS,
}
SIGNED: dict[str, Any] = {"explained_in": "es", "signer": "self", "signed": "yes", "told": "yes"}


def to_who(browser: Browser, **changes: Any) -> Element:
    browser.go("/offer")
    browser.press(SAFE)
    return browser.press(GO, **(NEEDS | changes))


def to_agree(browser: Browser, *recipients: str, **changes: Any) -> Element:
    to_who(browser, **changes)
    return browser.press(GO, to=list(recipients or (THEIRS,)))


def send_it(browser: Browser, **typed: Any) -> Element:
    """Shows what will leave, then sends it."""
    browser.press(SEE, **typed)
    return browser.press(SEND)


def yes(recipient: str = THEIRS, later: tuple[str, ...] = ("safe-contact", "identity")) -> dict[str, Any]:
    return {f"yes.{recipient}": "yes", f"later.{recipient}": list(later)}


def faults(page: Element) -> list[str]:
    """What the summary lists; each entry leads to something on the page."""
    links = page.one("section", id="faults").all("a")
    for link in links:
        assert page.one("", id=link["href"].removeprefix("#"))
    return [link.text for link in links]


def test_the_first_question_is_whether_it_is_safe(browser: Browser) -> None:
    page = browser.go("/offer")
    assert page.one("h1").text == "First: is it safe to talk?"
    assert "Are you alone?" in words_of(page)
    assert "what I must report" in words_of(page)
    assert page.all("input", type="text") == []


def test_what_must_be_reported_here_is_a_setting(browser: Browser, edge: StandInEdge, tmp_path: Path) -> None:
    from bridge_kit import a_config

    from ngo_bridge.app import build

    config = a_config(tmp_path / "other", must_report=("A child in danger.",))
    with a_client(build(edge, config)) as http:  # type: ignore[arg-type]
        assert "A child in danger." in http.get("/offer").text


def test_not_today_keeps_nothing(browser: Browser, edge: StandInEdge, tmp_path: Path) -> None:
    to_agree(browser)
    for link in browser.page.all("a"):
        if link.text == "Not today":
            browser.go(link["href"])
    assert browser.page.one("h1").text == "Nothing was saved"
    assert edge.told == []
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"South Fields" not in kept


def test_the_whole_way_to_an_offer(browser: Browser, edge: StandInEdge) -> None:
    page = to_who(browser)
    assert page.one("h1").text == "Whom do you want to ask?"
    page = browser.press(GO, to=THEIRS)
    assert "A safe place to stay" in words_of(page)
    page = send_it(browser, **SIGNED, **yes())
    assert browser.answer.history[0].status_code == 303
    assert "The need went out, without a name." in words_of(page)
    (consent,), (offer,) = edge.did("give_consent"), edge.did("offer")
    assert (consent.programme_from, consent.recipient) == (OURS, THEIRS)
    assert consent.data_classes == ("needs", "safe-contact", "identity")
    assert consent.comes_back == ("service-status",)
    assert consent.ends_at - consent.signed_at == timedelta(days=30)
    assert consent.funding_streams == ("voca",)
    assert not consent.subject_is_minor
    assert offer.needs.services == ["Housing Services", "Legal Services"]
    assert offer.needs.languages == ["es", "mix"]
    assert (offer.needs.household_size, offer.needs.access) == (2, ["interpreter"])
    assert offer.answer_by == NOW + timedelta(hours=4)


def test_only_the_need_is_agreed_to_where_nothing_else_is_ticked(browser: Browser, edge: StandInEdge) -> None:
    to_agree(browser)
    send_it(browser, **SIGNED, **yes(later=()))
    assert edge.did("give_consent")[0].data_classes == ("needs",)


def test_each_recipient_is_its_own_decision(browser: Browser, edge: StandInEdge) -> None:
    to_agree(browser, THEIRS, "harbor-shelter", "juniper-youth-housing")
    page = send_it(
        browser, **SIGNED, **yes(), **yes("harbor-shelter", ()), **{"yes.juniper-youth-housing": "no"}
    )
    assert words_of(page).startswith("Today")
    first, second = edge.did("give_consent")
    assert {first.recipient, second.recipient} == {THEIRS, "harbor-shelter"}
    assert first.subject_token is None
    assert second.subject_token is not None
    (drafts,) = edge.did("offer_together")
    assert len(drafts) == 2
    assert edge.did("offer") == []


def test_nothing_goes_out_while_one_of_several_is_unknown(browser: Browser, edge: StandInEdge) -> None:
    to_agree(browser, THEIRS, "harbor-shelter")
    edge.failing = OutcomeUnknown("the ledger is silent")
    choices = {**SIGNED, **yes(later=()), **yes("harbor-shelter", ())}
    browser.press(SEE, **choices)
    sent = browser.filled(SEND)
    browser.press(SEND)
    assert edge.told == []
    browser.send("/offer", sent)
    first, second = edge.did("give_consent")
    assert (first.subject_token, second.subject_token is None) == (None, False)
    (drafts,) = edge.did("offer_together")
    assert len(drafts) == 2


def test_no_to_all_sends_nothing_and_keeps_nothing(browser: Browser, edge: StandInEdge) -> None:
    to_agree(browser)
    page = browser.press(SEE, **{f"yes.{THEIRS}": "no"})
    assert page.one("h1").text == "Nothing was saved"
    assert edge.told == []


def test_a_double_click_does_nothing_twice(browser: Browser, edge: StandInEdge) -> None:
    to_agree(browser)
    browser.press(SEE, **SIGNED, **yes())
    sent = browser.filled(SEND)
    places = []
    for _ in range(2):
        browser.send("/offer", sent)
        places.append(browser.answer.url)
    assert places[0] == places[1]
    assert len(edge.did("give_consent")) == len(edge.did("offer")) == 1


def test_a_page_sent_again_with_other_choices_is_told_so(browser: Browser, edge: StandInEdge) -> None:
    to_agree(browser)
    browser.press(SEE, **SIGNED, **yes())
    browser.send("/offer", browser_sent := browser.filled(SEND))
    changed = [(n, "365" if n == "ends" else v) for n, v in browser_sent]
    page = browser.send("/offer", changed)
    assert browser.answer.status_code == 422
    assert "This page was sent once already" in words_of(page)
    assert len(edge.did("give_consent")) == 1


def test_after_an_unknown_outcome_the_same_button_finishes_it(browser: Browser, edge: StandInEdge) -> None:
    to_agree(browser)
    edge.failing = OutcomeUnknown("no answer in time")
    page = send_it(browser, **SIGNED, **yes())
    assert browser.answer.status_code == 503
    assert "We do not know yet if it worked" in words_of(page)
    browser.press(SEND)
    assert browser.answer.status_code == 200
    assert len(edge.did("give_consent")) == len(edge.did("offer")) == 1


def test_a_rule_that_forbids_is_told_with_its_law_and_stops_only_its_recipient(
    browser: Browser, edge: StandInEdge
) -> None:
    to_agree(browser, THEIRS, "harbor-shelter")
    edge.failing = Refused("denied", "x", "vawa-services-are-never-conditioned", "34 USC 12291(b)(2)")
    page = send_it(browser, **SIGNED, **yes(), **yes("harbor-shelter"))
    assert browser.answer.status_code == 403
    assert "34 USC 12291(b)(2)" in words_of(page)
    assert "Help must not hang on this yes." in words_of(page)
    (sent,) = edge.did("give_consent")
    assert page.all("input", name=f"yes.{sent.recipient}") == []
    send_it(browser)
    assert [draft.recipient for draft in edge.did("give_consent")] == ["harbor-shelter", THEIRS]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"services": []}, "Choose what the person needs."),
        ({"languages": []}, "Choose one language or more."),
        ({"household": "many"}, "Write a number from 1 to 50: How many people need it together?"),
        ({"household": "0"}, "Write a number from 1 to 50: How many people need it together?"),
        ({"household": "²"}, "Write a number from 1 to 50: How many people need it together?"),
        ({"region": "12 Invented Street"}, "Choose one: In which area?"),
        ({"programme_from": THEIRS}, "Choose one: Which of your services asks?"),
        ({"urgency": []}, "Choose one: How soon?"),
        ({"age_band": []}, "Choose one: How old is the person?"),
    ],
)
def test_what_is_missing_is_listed_and_what_was_typed_stays(
    browser: Browser, typed: dict[str, Any], says: str
) -> None:
    page = to_who(browser, **typed)
    assert browser.answer.status_code == 422
    assert faults(page) == [says]
    if "services" not in typed:
        assert len([e for e in page.all("input", name="services") if "checked" in e.attributes]) == 2


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({f"yes.{THEIRS}": []}, "Choose yes or no for Meadow housing."),
        (
            {f"later.{THEIRS}": ["identity"]},
            "Tick “How to reach me safely” too for Meadow housing. It goes first.",
        ),
        ({"signed": []}, "The form must be signed on paper before it goes out."),
        ({"told": []}, "Say that our help does not hang on this yes. Then tick it."),
        (
            {"signer": "guardian"},
            "If someone else signs, that person must have done no harm. Tick it only if you know.",
        ),
        (
            {"signer": "parent", "no_harm": "yes"},
            "For an adult, only that adult or a legal guardian may sign.",
        ),
        ({"explained_in": ""}, "Choose one: In which language did you explain it?"),
        ({"ends": "3650"}, "Choose one: When does the yes end?"),
        ({"explained_at": "2031-05-01T00:00:00+00:00"}, "This page was open for too long. Start again."),
        ({"explained_at": "2031-05-04T22:15:01+00:00"}, "This page was open for too long. Start again."),
    ],
)
def test_a_form_that_cannot_stand_is_not_sent(
    browser: Browser, edge: StandInEdge, typed: dict[str, Any], says: str
) -> None:
    to_agree(browser)
    page = browser.press(SEE, **(SIGNED | yes() | typed))
    assert browser.answer.status_code == 422
    assert faults(page) == [says]
    assert edge.told == []


@pytest.mark.parametrize("age", ["minor", "unknown"])
def test_a_minor_signs_and_age_unknown_counts_as_minor(browser: Browser, edge: StandInEdge, age: str) -> None:
    to_agree(browser, age_band=age)
    page = browser.press(SEE, **SIGNED, **yes())
    assert faults(page) == [
        "A parent who did no harm must sign too, or the law must let the young person get this help alone.",
        "The young person must sign too.",
    ]
    send_it(browser, minor_signed="yes", minor_alone="yes")
    (consent,) = edge.did("give_consent")
    assert consent.subject_is_minor
    assert (consent.minor_signed, consent.minor_may_sign_alone, consent.signer_role) == (True, True, "self")


def test_a_parent_signs_with_the_minor(browser: Browser, edge: StandInEdge) -> None:
    to_agree(browser, age_band="minor")
    send_it(browser, **(SIGNED | yes() | {"signer": "parent", "no_harm": "yes", "minor_signed": "yes"}))
    (consent,) = edge.did("give_consent")
    assert (consent.signer_role, consent.minor_signed, consent.minor_may_sign_alone) == (
        "parent",
        True,
        False,
    )


def test_our_own_services_and_the_exchanges_are_not_asked(browser: Browser) -> None:
    page = to_who(browser)
    offered = {element["value"] for element in page.all("input", name="to")}
    assert {THEIRS, "harbor-shelter"} <= offered
    assert not any(name.startswith(("lantern", "consent_", "referral_")) for name in offered)


def test_what_fits_best_stands_first(browser: Browser) -> None:
    page = to_who(browser, services=["Housing Services"], region="Bay Side", age_band="minor")
    assert page.all("input", name="to")[0]["value"] == "juniper-youth-housing"


def test_a_secret_place_stays_secret_and_says_so(browser: Browser) -> None:
    page = to_who(browser)
    about = page.one("", id="about-harbor-shelter").text
    assert "Its place stays secret." in about


@pytest.mark.parametrize(
    ("kind", "role", "says"),
    [
        (
            "federal_agency",
            "assistance",
            "a federal office, such as Homeland Security or Justice",
        ),
        ("federal_agency", "enforcement", "law enforcement: police, Homeland Security or Justice"),
        ("local_agency", "enforcement", "law enforcement: police"),
        ("tribal_nation", "assistance", "tribal nation"),
        ("state_agency", "assistance", "office of the state"),
    ],
)
def test_government_and_police_are_named_as_such(
    browser: Browser, edge: StandInEdge, kind: Any, role: Any, says: str
) -> None:
    from dataclasses import replace

    edge.participants_listed = [
        replace(p, kind=kind) if p.participant_id == "meadow-collective" else p
        for p in edge.participants_listed
    ]
    edge.listed = [replace(p, role=role) if p.programme_id == THEIRS else p for p in edge.listed]
    assert says in to_who(browser).one("", id=f"about-{THEIRS}").text
    assert says in words_of(browser.press(GO, to=THEIRS))


def test_immigration_has_a_tick_of_its_own(browser: Browser, edge: StandInEdge) -> None:
    page = to_agree(browser)
    ticks = [e["value"] for e in page.all("input", name=f"later.{THEIRS}")]
    assert ticks[:4] == ["safe-contact", "identity", "location", "immigration"]
    assert page.one("input", value="immigration").inside("div").inside("div")["class"] == "apart"


def test_one_can_go_back_and_finds_what_was_chosen(browser: Browser) -> None:
    to_agree(browser)
    page = browser.press("Go back")
    assert "checked" in page.one("input", id=f"to-{THEIRS}").attributes
    page = browser.press("Go back")
    assert page.one("h1").text == "What is needed?"
    assert "checked" in page.one("input", name="urgency", value="urgent").attributes
    assert browser.answer.status_code == 200


def test_choosing_nobody_is_told(browser: Browser) -> None:
    to_who(browser)
    assert faults(browser.press(GO)) == ["Choose whom to ask."]


def test_the_printed_code_belongs_to_what_was_signed(browser: Browser, edge: StandInEdge) -> None:
    page = to_agree(browser, THEIRS, "harbor-shelter")
    assert "Code of this form:" in words_of(page)
    send_it(browser, **SIGNED, **yes(), **yes("harbor-shelter"))
    first, second = (draft.form_commitment for draft in edge.did("give_consent"))
    assert first != second
    assert len(first) == len(second) == 32


def test_a_name_in_the_directory_cannot_be_markup(browser: Browser, edge: StandInEdge) -> None:
    from dataclasses import replace

    edge.listed = [
        replace(p, name="<script>alert(1)</script>") if p.programme_id == THEIRS else p for p in edge.listed
    ]
    page = to_agree(browser)
    assert page.all("script") == page.all("script", src="/enhance.js")
    assert "<script>alert(1)</script>" in words_of(page)
