"""Every command of the runbooks is one that exists and takes what it is given there."""

import argparse
import re
import shlex
from pathlib import Path

import pytest
from named_tests import TOP
from runbook_kit import RUNBOOKS, commands_of, steps_of

from consent_ledger import offline
from exchange_command import main
from ngo_bridge import caseworker_command, token_command

PAGES = sorted(RUNBOOKS.glob("*.md"))
OF_THE_SYSTEM = {"cp", "mv", "rm", "curl"}
EXPECTED = {"lost-key", "breach", "misdirected-disclosure", "legal-demand", "restore-drill"}


class NoSuchCommand(Exception):
    """A runbook asks for what is not there."""


def check(line: str) -> None:
    """Raises NoSuchCommand."""
    words = shlex.split(line)
    match words:
        case ["export", *rest]:
            assert all("=" in word for word in rest)
        case ["exchange", verb, *rest]:
            parse(parser_of(verb), [verb, *rest])
        case ["python", "-m", "consent_ledger", *rest]:
            parse(offline._parser(), rest)
        case ["python", "-m", "ngo_bridge", "caseworkers", *rest]:
            parse(caseworker_command._parser(), rest)
        case ["python", "-m", "ngo_bridge", "tokens", *rest]:
            parse(token_command._parser(), rest)
        case ["python", script, *rest]:
            takes(TOP / script, rest)
        case [program, *_] if program in OF_THE_SYSTEM:
            return
        case _:
            raise NoSuchCommand(line)


def parser_of(verb: str) -> argparse.ArgumentParser:
    if verb not in main.VERBS:
        raise NoSuchCommand(f"exchange {verb}")
    parser = argparse.ArgumentParser(prog="exchange", exit_on_error=False)
    main._load(verb.replace("-", "_")).add_parser(parser.add_subparsers())
    return parser


def parse(parser: argparse.ArgumentParser, words: list[str]) -> None:
    try:
        parser.parse_args(words)
    except (SystemExit, argparse.ArgumentError):
        raise NoSuchCommand(" ".join(words)) from None


def takes(script: Path, words: list[str]) -> None:
    """A script that stands alone: it is there, and names each option."""
    if not script.is_file():
        raise NoSuchCommand(str(script))
    told = script.read_text(encoding="utf-8")
    for word in words:
        if word.startswith("--") and f'"{word}"' not in told:
            raise NoSuchCommand(f"{script.name} {word}")


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
