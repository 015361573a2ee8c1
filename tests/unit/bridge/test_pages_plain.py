"""Every page: plain words, help in sight, nothing ticked, inputs named, no script, nothing from outside."""

import re
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from bridge_kit import OURS, THEIRS, StandInEdge, a_client, a_config
from bridge_tour import NAMES, tour
from fastapi.testclient import TestClient
from page_kit import Element, read
from reading_kit import HURTFUL, every_text, grade, prose

from ngo_bridge.app import build
from ngo_bridge.config import HelpLines
from ngo_bridge.pages import code_labels
from ngo_bridge.pages.words import of_refusal, of_rule, words
from participant_edge import views
from referral_exchange import events, refusals, vocabulary
from referral_exchange.contract_files import DEPLOY
from referral_exchange.pages import assets
from referral_exchange.pages.language import speaking
from referral_exchange.topics import committed_topics

PACKAGE = Path(build.__code__.co_filename).parent
BARE = ("Read it aloud", "The form on paper")
"""Pages of the tour to read from and to print: nothing on them can be pressed."""

REPEATABLE = ("/sign-in", "/sign-out")
"""Forms that do the same however often they are sent, so they need no key."""


@pytest.fixture(scope="module")
def both(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[list[tuple[str, Element]], list[tuple[str, Element]]]:
    """Every page as it is first seen, and every page with something to mend; made once."""
    return tour(tmp_path_factory.mktemp("bridge"))


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
    for landmark in ("main",) if name in BARE else ("header", "nav", "main", "footer"):
        assert page.one(landmark), name
    assert page.one("aside")["aria-label"]
    if name not in BARE:
        assert page.one("nav")["aria-label"]
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
        assert [each["src"] for each in page.all("script")] == ([] if name in BARE else ["/enhance.js"]), name
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
        assert HURTFUL["en"].findall(page.text) == [], name
    for text in every_text(words()):
        assert HURTFUL["en"].findall(text) == []
    assert all(HURTFUL["en"].search(word) for word in ("no-show", "Refused", "an alien"))


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


def test_every_page_can_be_read_at_grade_6(all_pages: list[tuple[str, Element]]) -> None:
    for name, page in all_pages:
        # Short labels would make any page look easy.
        texts = [NAMES.sub("Ann", text) for text in prose(page.one("main")) if len(text.split()) > 4]
        said = "\n".join(texts)
        assert grade(said) <= 6, (name, round(grade(said), 1))


def test_every_long_text_can_be_read_at_grade_8() -> None:
    for text in every_text(words()):
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
