"""Every command of the guides exists and takes what it is given there; every page that they name is there."""

import re
import shlex
from pathlib import Path

import pytest
from command_kit import NoSuchCommand, check
from named_tests import TOP, faults_of, named_in
from reading_kit import HURTFUL, grade
from runbook_kit import commands_of

from exchange_command import main
from exchange_command.hosting import coalition

GUIDES = sorted((TOP / "docs" / "guides").glob("*.md"))
TEMPLATES = sorted((TOP / "docs" / "templates").glob("*.md"))
MOST_YEARS = 6
EXPECTED = {"caseworker", "operator", "integrator", "two-ngo-pilot"}


def words_of(line: str) -> str:
    """The line without what a shell sets before it asks: `b="..."`, `B=...`."""
    return "" if re.fullmatch(r"[A-Za-z]+=(\"[^\"]*\"|\S+)", line) else line


@pytest.mark.parametrize("page", GUIDES, ids=lambda path: path.stem)
def test_every_command_of_a_guide_is_one_that_exists(page: Path) -> None:
    for line in filter(None, map(words_of, commands_of(page))):
        check(line)


def test_every_guide_is_there() -> None:
    assert {page.stem for page in GUIDES} == EXPECTED
    for name in ("operator", "integrator", "two-ngo-pilot"):
        assert list(commands_of(TOP / "docs" / "guides" / f"{name}.md")), name


@pytest.mark.parametrize("page", [*GUIDES, *TEMPLATES], ids=lambda path: path.stem)
def test_a_verb_between_backticks_is_one_that_exists(page: Path) -> None:
    for word in re.findall(r"`exchange ([^`\n]+)`", page.read_text(encoding="utf-8")):
        assert word.split()[0] in {*main.VERBS, "VERB"}, word


@pytest.mark.parametrize(
    "line",
    ["make supper", "exchange host", "exchange host FILE.toml dance", "exchange export", 'b="x" exchange up'],
)
def test_a_command_that_is_not_there_is_found(line: str) -> None:
    with pytest.raises(NoSuchCommand):
        check(line)


def test_each_template_says_first_that_it_is_a_draft_for_counsel() -> None:
    assert {page.stem for page in TEMPLATES} == {"data-sharing-agreement", "privacy-note", "control-table"}
    for page in TEMPLATES:
        beginning = page.read_text(encoding="utf-8").split("\n\n")[1]
        assert beginning.startswith("> **Draft for counsel"), page.name


def test_every_control_names_tests_that_are_there() -> None:
    text = (TOP / "docs" / "templates" / "control-table.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if re.match(r"\| [A-Z]{2}-\d", line)]
    assert len(rows) > 20
    assert all(list(named_in(row)) for row in rows), [row for row in rows if not list(named_in(row))]
    assert faults_of(text) == []


def test_a_draft_claims_nothing_that_only_counsel_can() -> None:
    for page in [*GUIDES, *TEMPLATES]:
        found = re.findall(r"\bcompl(?:y|ies|iant|iance)\b|\bcertified\b", page.read_text(encoding="utf-8"))
        assert found == [], page.name


def test_what_the_caseworkers_guide_points_at_stands_on_the_pages() -> None:
    """Every button and title that it names, as the labels have it."""
    labels = "\n".join(
        (TOP / "services" / place / "labels" / "en.po").read_text(encoding="utf-8").replace('"\n"', "")
        for place in ("ngo_bridge", "referral_exchange/pages")
    )
    guide = (TOP / "docs" / "guides" / "caseworker.md").read_text(encoding="utf-8")
    named = re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", guide)
    assert len(named) > 12
    assert [each for each in named if " ".join(each.split()) not in labels] == []


def prose(markdown: str) -> str:
    """What is read aloud of a page: no commands, no tables, a paragraph on one line."""
    told = re.sub(r"^```[^`]*^```$|^\|[^\n]*$|^>[^\n]*$", "", markdown, flags=re.MULTILINE)
    told = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", told)
    told = re.sub(r"^(?:#+|-|\d+\.) +(.*)$", r"\n\n\1\n\n", told, flags=re.MULTILINE)
    paragraphs = (" ".join(each.split()) for each in re.sub(r"[*`<>]", "", told).split("\n\n"))
    return "\n".join(filter(None, paragraphs))


@pytest.mark.parametrize("page", ["guides/caseworker", "templates/privacy-note"])
def test_what_people_under_stress_read_is_plain(page: str) -> None:
    text = (TOP / "docs" / f"{page}.md").read_text(encoding="utf-8")
    english, _, spanish = text.partition("## Español")
    assert grade(prose(english)) <= MOST_YEARS
    assert HURTFUL["en"].findall(prose(english)) == []
    if spanish:
        assert grade(prose(spanish), "es") <= MOST_YEARS
        assert HURTFUL["es"].findall(prose(spanish)) == []


def test_a_page_that_is_hard_to_read_is_found() -> None:
    hard = (
        "Subsequent interoperability considerations notwithstanding, organisational accountability remains."
    )
    assert grade(prose(f"# Title\n\n{hard}\n")) > MOST_YEARS


def test_the_example_of_the_pilot_can_be_hosted() -> None:
    told = coalition.load(TOP / "docs" / "guides" / "pilot.toml")
    asked = shlex.split(" ".join(commands_of(TOP / "docs" / "guides" / "two-ngo-pilot.md")))
    for bridge in told.bridges:
        assert bridge.id in asked
        assert f"hosted/settings/{bridge.process}.toml" in asked
