"""Whether a command that a page asks for is one that exists and takes what it is given there."""

import argparse
import re
import shlex
from pathlib import Path

from named_tests import TOP

from consent_ledger import offline
from exchange_command import main
from ngo_bridge import caseworker_command, token_command

OF_THE_SYSTEM = {"cp", "mv", "rm", "curl"}


class NoSuchCommand(Exception):
    """A page asks for what is not there."""


def check(line: str) -> None:
    """Raises NoSuchCommand."""
    words = shlex.split(line)
    match words:
        case ["export", *rest]:
            assert all("=" in word for word in rest)
        case ["make", target]:
            made(target)
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


def made(target: str) -> None:
    """A target of the Makefile."""
    if not re.search(rf"^{re.escape(target)}\b[^=\n]*:", (TOP / "Makefile").read_text("utf-8"), re.MULTILINE):
        raise NoSuchCommand(f"make {target}")
