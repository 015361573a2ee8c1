"""Every page: plain words, help in sight, nothing ticked, inputs named, no script, nothing from outside."""

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from bridge_kit import BASE, NOW, OURS, THEIRS, StandInEdge, a_client, a_config, a_view, an_id, received
from fastapi.testclient import TestClient
from page_kit import Browser, Element, read

from ngo_bridge.app import build
from ngo_bridge.config import HelpLines
from ngo_bridge.pages import code_labels
from ngo_bridge.pages.words import of_refusal, of_rule, words
from ngo_bridge.sign_in import accounts
from participant_edge import views
from participant_edge.errors import OutcomeUnknown, Refused
from participant_edge.views import Disclosure, OpenedPart, Opening, PurgeAnswer, Step, Withdrawal
from referral_exchange import events, refusals, vocabulary
from referral_exchange.contract_files import DEPLOY
from referral_exchange.pages import assets
from referral_exchange.pages.language import speaking
from referral_exchange.topics import committed_topics

BANNED = re.compile(
    r"victim|illegal|\balien|rescue|\bfail|\breject|\brefus|no-show|non-complian|prostitut", re.IGNORECASE
)
PACKAGE = Path(build.__code__.co_filename).parent
NAMES = re.compile(r"\b(Lantern|Harbor|Meadow|Orchard|Juniper)(?: [a-z]+)*|\bInvented \w+")
REPEATABLE = ("/sign-in", "/sign-out")
"""Forms that do the same however often they are sent, so they need no key."""

STATES = ("accepted", "rejected", "in_progress", "on_hold", "completed", "failed", "cancelled")


def a_busy_office(edge: StandInEdge) -> None:
    """Referrals in every state, with every kind of step, part and line of evidence."""
    steps = tuple(
        Step(
            event_id=an_id(f"{kind}{what}"), kind=kind, what=what.replace("-", "_"), programme=THEIRS, at=NOW
        )
        for kind, _, what in (name.partition(":") for name in words()["steps"] if name[0].isupper())
    )
    for state in STATES:
        edge.show(a_view(f"sent {state}", state=state, steps=steps), received(f"in {state}", state=state))
    edge.show(received("new"), a_view("late", overdue=("answer",)), a_view("not sent", state="consented"))
    edge.show(received("purge", state="cancelled", standing="withdrawn", purge="asked"))
    edge.choices.append((an_id("sent accepted"), an_id("late")))
    edge.reasons |= {an_id("sent rejected"): "no-room", an_id("sent on_hold"): "waiting-for-room"}
    gone = a_view("gone", state="cancelled", standing="withdrawn", purge="asked")
    edge.show(gone)
    edge.withdrawn[gone.consent_id] = Withdrawal(
        consent_id=gone.consent_id,
        referral_id=gone.referral_id,
        state="in-force",
        asked_at=NOW,
        in_force_at=NOW,
        opened_before=(Opening(consent_id=gone.consent_id, data_class="identity", recipient=THEIRS, at=NOW),),
        purge_answers=(PurgeAnswer(programme=THEIRS, purge="legal_hold", at=NOW),),
    )
    edge.classes = frozenset({"needs", "safe-contact", "identity", "location", "immigration"})
    records = (
        events.SafeContact(may_contact=True, method="text", value="555-0177", voicemail=True, language="es"),
        events.Identity(chosen_name="Invented Marigold"),
        events.AnswerReason(code="no-room"),
        events.StatusDetail(reason="waiting-for-room", outcome="referred-on"),
        events.Needs(
            services=list(vocabulary.service_categories()),
            languages=["es"],
            region="South Fields",
            age_band="unknown",
            household_size=1,
            access=list(vocabulary.access_needs()),
        ),
    )
    edge.parts[an_id("in accepted")] = [
        OpenedPart(event_id=an_id("e"), data_class=r.DATA_CLASS, record=r) for r in records
    ]
    line = Disclosure(
        consent_id=an_id("c"), referral_id=an_id("r"), recipient=THEIRS, kind="given", data_class=None, at=NOW
    )
    edge.evidence = [line, replace(line, kind="opened", data_class="identity"), replace(line, kind="denied")]


def every_page(browser: Browser, edge: StandInEdge) -> Iterator[tuple[str, Element]]:
    """Each page once, fresh, as it is first seen; then each with something to mend."""
    a_busy_office(edge)
    ids = [f"sent {s}" for s in STATES] + [f"in {s}" for s in STATES] + ["new", "late", "not sent", "purge"]
    paths = ["/", "/offer", "/offer/not-today", "/withdraw", f"/withdraw/{an_id('gone')}", "/nothing"]
    paths += ["/account", "/caseworkers"]
    paths += [f"/withdraw/{an_id('sent accepted')}", *(f"/referrals/{an_id(name)}" for name in ids)]
    for path in paths:
        yield path, browser.go(path)
    browser.go(f"/referrals/{an_id('in accepted')}")
    yield "opened", browser.press("Show what they sent")
    browser.go("/offer")
    yield "needs", browser.press("It is safe. Go on.")
    typed: dict[str, Any] = {
        "services": "Housing Services",
        "languages": "es",
        "region": "South Fields",
        "age_band": "minor",
        "household": "1",
        "urgency": "urgent",
        "programme_from": OURS,
    }
    yield "who", browser.press("Go on", **typed)
    yield "agree", browser.press("Go on", to=[THEIRS, "harbor-shelter"])


def sign_in_pages(browser: Browser) -> Iterator[tuple[str, Element]]:
    """What somebody sees who is not signed in."""
    yield "sign in", browser.go("/sign-in")
    yield "ended", browser.go("/sign-in?said=ended")
    yield "out", browser.go("/sign-in?said=out")
    for n in range(7):
        yield f"try {n}", browser.press("Sign in", name="nobody", password="invented", code="000000")


def faulty_pages(browser: Browser, edge: StandInEdge) -> Iterator[tuple[str, Element]]:
    """Pages that ask to mend something, and pages of errors; `browser` shows the last of `every_page`."""
    yield "agree faulty", browser.press("Send what got a yes")
    browser.go("/offer")
    browser.press("It is safe. Go on.")
    yield "needs faulty", browser.press("Go on")
    browser.go(f"/referrals/{an_id('sent accepted')}")
    yield "disclose faulty", browser.press("Send it to Meadow housing", may_contact="yes")
    browser.go(f"/referrals/{an_id('new')}")
    yield "answer faulty", browser.press("No, not this time")
    browser.go("/account")
    yield "account faulty", browser.press("Set the new password", fresh="short")
    yield "account not you", browser.press("Set the new password", fresh="a long invented one", code="000000")
    for error in (
        OutcomeUnknown("x"),
        Refused("wrong-state", "x"),
        Refused("denied", "x", "y", "34 USC 12291"),
    ):
        edge.failing = error
        yield type(error).__name__, browser.go("/")
    browser.http.headers |= {"host": "evil.example"}
    yield "wrong host", browser.go("/")


@pytest.fixture(scope="module")
def both(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[list[tuple[str, Element]], list[tuple[str, Element]]]:
    """Every page as it is first seen, and every page with something to mend; made once."""
    edge = StandInEdge()
    app = build(edge, a_config(tmp_path_factory.mktemp("bridge")), lambda: NOW)  # type: ignore[arg-type]
    with a_client(app, role="supervisor") as http, TestClient(app, base_url=BASE) as stranger:
        accounts.add(app.state.bridge.desk, "invented-birch", "caseworker", NOW)
        browser = Browser(http)
        fresh = [*sign_in_pages(Browser(stranger)), *every_page(browser, edge)]
        return fresh, list(faulty_pages(browser, edge))


@pytest.fixture(scope="module")
def pages(both: tuple[list[tuple[str, Element]], list[tuple[str, Element]]]) -> list[tuple[str, Element]]:
    return both[0]


@pytest.fixture(scope="module")
def all_pages(both: tuple[list[tuple[str, Element]], list[tuple[str, Element]]]) -> list[tuple[str, Element]]:
    return both[0] + both[1]


def test_nothing_is_ticked_and_no_choice_is_made(pages: list[tuple[str, Element]]) -> None:
    for name, page in pages:
        if name in ("who", "agree"):
            assert page.all("input", type="checkbox")
        assert [e for e in page.all("input") if "checked" in e.attributes] == [], name
        assert [e for e in page.all("option") if "selected" in e.attributes] == [], name


def test_every_page_is_whole(all_pages: list[tuple[str, Element]]) -> None:
    for name, page in all_pages:
        check_structure(name, page)


def check_structure(name: str, page: Element) -> None:
    assert page.one("html")["lang"] == "en", name
    assert page.one("title").text, name
    assert page.one("meta", name="viewport")["content"] == "width=device-width, initial-scale=1"
    for landmark in ("header", "nav", "main", "footer"):
        assert page.one(landmark), name
    assert page.one("nav")["aria-label"]
    assert page.one("aside")["aria-label"]
    skip = page.one("body").all("a")[0]
    assert (skip["href"], page.one("main")["id"]) == ("#main", "main"), name
    assert len(page.all("h1")) == 1, name
    levels = [int(e.tag[1]) for e in page.all() if re.fullmatch("h[1-6]", e.tag)]
    # A message may stand before the first heading; none may skip a level on the way down.
    assert all(b - a <= 1 for a, b in pairwise(levels)), (name, levels)
    ids = [e["id"] for e in page.all() if e["id"]]
    assert len(ids) == len(set(ids)), (name, sorted(i for i in ids if ids.count(i) > 1))
    for element in page.all():
        for pointing in ("aria-labelledby", "aria-describedby"):
            assert set(element[pointing].split()) <= set(ids), (name, element[pointing])


def test_every_input_has_a_label_of_its_own(all_pages: list[tuple[str, Element]]) -> None:
    for name, page in all_pages:
        labelled = [label["for"] for label in page.all("label")]
        inputs = [e for e in page.all("input") if e["type"] != "hidden"] + page.all("select")
        for element in inputs:
            assert labelled.count(element["id"]) == 1, (name, element.attributes)
        assert all(label.text for label in page.all("label")), name
        assert all(fieldset.one("legend").text for fieldset in page.all("fieldset")[-1:]), name
        assert all(button.text for button in page.all("button")), name


def test_links_and_buttons_say_where_they_lead(pages: list[tuple[str, Element]]) -> None:
    for name, page in pages:
        where: dict[str, set[str]] = {}
        for link in page.all("a"):
            assert link.text, name
            where.setdefault(link.text, set()).add(link["href"])
        assert {text: led for text, led in where.items() if len(led) > 1} == {}, name


def test_what_is_wrong_is_linked_from_the_top(all_pages: list[tuple[str, Element]]) -> None:
    for name, page in all_pages:
        for section in page.all("section", id="faults"):
            assert section["role"] == "alert"
            for link in section.all("a"):
                target = page.one("", id=link["href"].removeprefix("#"))
                assert target.tag in ("input", "select", "fieldset"), (name, link["href"])


def test_no_script_but_ours_and_nothing_from_outside(all_pages: list[tuple[str, Element]]) -> None:
    for name, page in all_pages:
        assert [each["src"] for each in page.all("script")] == ["/enhance.js"], name
        assert page.all("iframe") == page.all("img") == page.all("style") == [], name
        for element in page.all():
            assert not any(attribute.startswith("on") for attribute in element.attributes), name
            assert "style" not in element.attributes, name
            for attribute in ("href", "src", "action"):
                target = element[attribute]
                assert re.match(r"^($|/|#|\?|tel:|sms:|data:,$)", target), (name, target)
                assert not target.startswith("//"), name


def test_every_post_carries_its_token_and_every_get_form_none(pages: list[tuple[str, Element]]) -> None:
    for name, page in pages:
        for form in page.all("form"):
            assert form["method"] == "post", name
            assert form.one("input", name="guard")["value"], name
            if form["action"] not in REPEATABLE:
                assert form.one("input", name="key")["value"], name


def test_help_is_on_every_page(all_pages: list[tuple[str, Element]]) -> None:
    for name, page in all_pages:
        for number in ("911", "1-888-373-7888", "233733", "711"):
            assert number in page.one("aside").text, name


def test_the_numbers_are_a_setting(edge: StandInEdge, tmp_path: Path) -> None:
    lines = HelpLines(emergency="112", call="0800-invented", text="4242", tty="4243")
    app = build(edge, a_config(tmp_path, help_lines=lines))  # type: ignore[arg-type]
    with a_client(app, "http://127.0.0.1:21020") as http:
        for path in ("/", "/offer/not-today", "/nothing"):
            aside = read(http.get(path).text).one("aside").text
            assert all(number in aside for number in ("112", "0800-invented", "4242", "4243"))
            assert "911" not in aside


def test_words_that_hurt_are_on_no_page(all_pages: list[tuple[str, Element]]) -> None:
    for name, page in all_pages:
        assert BANNED.findall(page.text) == [], name
    for text in texts(words()):
        assert BANNED.findall(text) == []
    assert all(BANNED.search(word) for word in ("no-show", "Refused", "an alien"))


def test_codes_of_the_wire_are_on_no_page(all_pages: list[tuple[str, Element]]) -> None:
    codes = {
        *vocabulary.answer_reasons(),
        *vocabulary.data_classes(),
        *vocabulary.referral_states(),
        *vocabulary.sub_states("in-progress"),
        *vocabulary.sub_states("cancelled"),
        *refusals.SENTENCES,
        *vocabulary.service_categories(),
    }
    shown_as_words = {code for code in codes if not re.search("[-_A-Z]", code)}
    events_carried = {event for topic in committed_topics().values() for event in topic.events}
    for name, page in all_pages:
        said = f"{page.text} "
        for code in (codes - shown_as_words) | events_carried | {OURS, THEIRS, "legal_hold", "in_progress"}:
            assert code not in said, (name, code)


def texts(node: Any) -> Iterator[str]:
    """Every text of the labels file."""
    for value in node.values():
        if isinstance(value, str):
            yield value
        else:
            yield from texts(value)


@pytest.mark.parametrize(
    ("labels", "codes"),
    [
        ("services", vocabulary.service_categories()),
        ("access", vocabulary.access_needs()),
        ("age_bands", vocabulary.age_bands()),
        ("purposes", vocabulary.purposes()),
        ("data_classes", vocabulary.data_classes()),
        ("answer_reasons", vocabulary.answer_reasons()),
        ("contact_methods", vocabulary.contact_methods()),
        ("states_sent", [*vocabulary.referral_states(), "consented"]),
        ("states_received", [*vocabulary.referral_states(), "consented"]),
        ("sub_states", [*vocabulary.sub_states("in-progress"), *vocabulary.sub_states("cancelled")]),
        ("urgencies", ["unspecified", "routine", "urgent", "emergency"]),
        ("purges", ["asked", "purged", "legal-hold"]),
        (
            "evidence",
            [
                "given",
                "sealed",
                "opened",
                "denied",
                "withdrawn",
                "expired",
                "closed",
                "suspended",
                "confirmed",
            ],
        ),
    ],
)
def test_every_code_has_a_label(labels: str, codes: Any) -> None:
    assert set(codes) == set(words()[labels])


def test_every_part_field_has_a_label() -> None:
    records = [events.SafeContact, events.Identity, events.Location, events.Immigration, events.Needs]
    named = {f.name for r in [*records, events.AnswerReason, events.StatusDetail] for f in fields(r)}
    assert named <= set(words()["parts"])


def test_every_rule_of_the_policy_has_plain_words() -> None:
    ids = {
        i
        for file in DEPLOY.glob("policies/*.cedar")
        for i in re.findall(r'@id\("([^"]+)"\)', file.read_text())
    }
    about_people = {i for i in ids if "consent" in i or "sign" in i or "minor" in i or "condition" in i}
    assert about_people
    assert all(of_rule(rule) for rule in ids | {"a-rule-of-tomorrow"})
    for rule in (
        "vawa-release-needs-consent",
        "class-not-covered",
        "fvpsa-shelter-address-needs-its-operator",
    ):
        assert of_rule(rule) != words()["rules"]["other"]


def test_every_refusal_has_plain_words() -> None:
    assert all(of_refusal(code) for code in [*refusals.SENTENCES, "a-code-of-tomorrow"])
    assert set(words()["purges"]) >= {vocabulary.as_shown(p) for p in views.PurgeState.__args__}  # type: ignore[attr-defined]
    assert code_labels.of_step("SomethingOfTomorrow", "") == words()["steps"]["other"]


def syllables(word: str) -> int:
    """As many as there are groups of vowels, without a silent e."""
    word = word.lower()
    groups = len(re.findall("[aeiouy]+", word))
    silent = word.endswith("e") and not word.endswith(("le", "ee", "ie")) and groups > 1
    quiet = word.endswith("ed") and not word.endswith(("ted", "ded")) and groups > 1
    return max(1, groups - silent - quiet)


def grade(text: str) -> float:
    """Flesch-Kincaid grade level: 0.39 words a sentence + 11.8 syllables a word - 15.59."""
    sentences = [s for s in re.split(r"[.!?:]+\s|\n", text) if re.search("[A-Za-z]", s)]
    said = [w for s in sentences for w in re.findall(r"[A-Za-z]+(?:['’][a-z]+)?", s)]
    return 0.39 * len(said) / len(sentences) + 11.8 * sum(map(syllables, said)) / len(said) - 15.59


def prose(element: Element) -> Iterator[str]:
    """The texts of a page, one block after the other."""
    blocks = ("h1", "h2", "h3", "p", "li", "label", "legend", "button", "option", "dt", "dd", "summary")
    for block in element.all():
        if block.tag in blocks and not any(
            isinstance(c, Element) and c.tag in blocks for c in block.children
        ):
            yield block.text


def test_the_measure_of_reading_is_sound() -> None:
    assert grade("The cat sat on the mat. It was a good cat.") < 1
    hard = grade(
        "The authorised representative of the organisation communicates any modification of the individual's "
        "circumstances to the responsible administrative authority without unreasonable delay."
    )
    assert hard > 11
    assert [syllables(w) for w in ("yes", "asked", "wanted", "people", "service", "interpreter")] == [
        1,
        1,
        2,
        2,
        2,
        4,
    ]


def test_every_page_can_be_read_at_grade_6(all_pages: list[tuple[str, Element]]) -> None:
    for name, page in all_pages:
        # Short labels would make any page look easy.
        texts = [NAMES.sub("Ann", text) for text in prose(page.one("main")) if len(text.split()) > 4]
        said = "\n".join(texts)
        assert grade(said) <= 6, (name, round(grade(said), 1))


def test_every_long_text_can_be_read_at_grade_8() -> None:
    for text in texts(words()):
        if len(text.split()) > 7:
            assert grade(re.sub(r"\{\w+\}", "Ann", text)) <= 8, (round(grade(text), 1), text)


def test_the_labels_file_holds_nothing_that_no_page_uses() -> None:
    sources = "".join(path.read_text() for kind in ("*.html", "*.py") for path in PACKAGE.rglob(kind))
    pages = ("site", "inbox", "referral", "offer", "withdraw", "errors")
    made_of_pieces = ("done_", "go_", "class_", "stage_", "agree_ends_", "minor_signed", "signed", "told")
    states = set(views.WithdrawalState.__args__)  # type: ignore[attr-defined]
    for section in pages:
        for name in words()[section]:
            if name.startswith(made_of_pieces) or name.removesuffix("_body") in states:
                continue
            assert re.search(rf"\b{re.escape(name)}\b", sources), f"{section}.{name} is used nowhere"


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, as WCAG 2.2 defines it."""

    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return sum(weight * p for weight, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def palettes() -> list[dict[str, str]]:
    css = assets.style()
    blocks = re.findall(r":root \{(.*?)\}", css, re.DOTALL)[:2]
    found = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)) for block in blocks]
    assert found[0].keys() == found[1].keys()
    return found


TEXT_ON = [
    ("ink", "page"),
    ("ink", "panel"),
    ("ink", "field"),
    ("ink", "wrong-panel"),
    ("ink", "good-panel"),
    ("ink", "wait-panel"),
    ("soft", "page"),
    ("soft", "panel"),
    ("link", "page"),
    ("link", "panel"),
    ("link", "wrong-panel"),
    ("wrong", "page"),
    ("button-ink", "button"),
    ("button-ink", "button-over"),
    ("now-tag-ink", "now-tag"),
    ("soon-tag-ink", "soon-tag"),
]
EDGES_ON = [
    ("line", "page"),
    ("line", "field"),
    ("focus", "page"),
    ("wrong", "wrong-panel"),
    ("button", "page"),
]


@pytest.mark.parametrize("dark", [False, True])
def test_colours_can_be_told_apart(dark: bool) -> None:
    colours = palettes()[dark]
    for one, other in TEXT_ON:
        assert contrast(colours[one], colours[other]) >= 4.5, (one, other)
    for one, other in EDGES_ON:
        assert contrast(colours[one], colours[other]) >= 3, (one, other)
    assert round(contrast("#000000", "#ffffff")) == 21


def test_the_style_sheet_is_ours_alone(http: TestClient) -> None:
    css = http.get("/style.css").text
    assert "url(" not in css
    assert "@import" not in css
    assert ":focus-visible" in css
    assert "@media print" in css
    assert "max-width: 30rem" in css


def test_labels_are_one_file_a_language() -> None:
    assert sorted(path.name for path in (PACKAGE / "labels").iterdir()) == ["en.po", "es.po"]
    for language in ("en", "es"):
        with speaking(language):
            assert words()["language"] == language
