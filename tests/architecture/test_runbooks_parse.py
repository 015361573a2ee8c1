"""Every command of the runbooks is one that exists and takes what it is given there."""

import re
from pathlib import Path

import pytest
from command_kit import NoSuchCommand, check
from runbook_kit import RUNBOOKS, commands_of, steps_of

from exchange_command import main

PAGES = sorted(RUNBOOKS.glob("*.md"))
BAD_DAYS = {"lost-key", "breach", "misdirected-disclosure", "legal-demand", "restore-drill"}
OF_THE_CONSOLE = {
    *("recipient-away", "unanswered", "purge-overdue", "exchange-process-down", "reader-behind"),
    *("quarantine", "schemas-differ", "stuck-referral", "console"),
}
EXPECTED = BAD_DAYS | OF_THE_CONSOLE


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_every_command_of_a_page_is_one_that_exists(page: Path) -> None:
    for line in commands_of(page):
        check(line)


def test_all_pages_are_there_and_ask_for_something() -> None:
    assert {page.stem for page in PAGES} == EXPECTED | {"README"}
    for name in EXPECTED:
        assert list(commands_of(RUNBOOKS / f"{name}.md")), name


def test_a_command_beside_a_sentence_is_one_too() -> None:
    """Those between backticks, as far as they begin with our program."""
    for page in PAGES:
        for word in re.findall(r"`(exchange [^`\n]+)`", page.read_text(encoding="utf-8")):
            verb = word.split()[1]
            assert verb in main.VERBS, f"{page.name}: {word}"


@pytest.mark.parametrize(
    "line",
    [
        "exchange banish lantern-outreach",
        "exchange expel",
        "exchange expel lantern-outreach --softly",
        "python -m consent_ledger restore --settings x.toml",
        "python -m ngo_bridge caseworkers forgive SOMEBODY",
        "python deploy/no_such_script.py file",
        "python deploy/verify_evidence.py file --softly",
        "shred everything",
    ],
)
def test_a_command_that_is_not_there_is_found(line: str) -> None:
    with pytest.raises(NoSuchCommand):
        check(line)


def test_the_steps_of_the_drill_stand_in_their_order() -> None:
    assert [title[0] for title in steps_of("restore-drill.md")] == list("123456")
