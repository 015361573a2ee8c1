"""`exchange explain`: what the rules say to a question, which of them decided, and what each encodes."""

import argparse
import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from exchange_command import explaining, network
from exchange_command.main import VERBS, Verbs
from exchange_command.problem import Problem
from referral_exchange.contract_files import DEPLOY
from referral_exchange.policy import Decision, Policy, PolicyUnusable

_ALLOWED, _DENIED = 0, 1

_EXAMPLES = """
  exchange explain seal --from harbor-shelter --to meadow-housing --class identity
  exchange explain seal --from harbor-shelter --to meadow-housing --class identity --set consent=none
  exchange explain open --from harbor-shelter --to meadow-housing --set consent.standing=withdrawn
  exchange explain --question case.json --json

What is not said is as a sound form has it. A case as JSON takes the same names, nested.
"""


class CannotExplain(Problem):
    """The question is none, or the policies do not load; the message says what to change."""


def add_parser(verbs: Verbs) -> argparse.ArgumentParser:
    """See `main.Verb`."""
    line = VERBS["explain"]
    parser: argparse.ArgumentParser = verbs.add_parser(
        "explain",
        help=line,
        description=line,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("action", nargs="?", help="give, seal, check, open, route or count")
    parser.add_argument("--from", dest="discloser", metavar="PROGRAMME", help="who holds the data")
    parser.add_argument("--to", dest="recipient", metavar="PROGRAMME", help="who is to receive it")
    parser.add_argument("--class", dest="data_class", metavar="CODE", help="the data class")
    more = "one fact more, or another one: consent.standing=withdrawn, recipient.role=enforcement"
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="facts", help=more)
    parser.add_argument("--question", metavar="FILE", help="the question as JSON; - reads standard input")
    listed = "who is listed, and under which streams; the demonstration network by default"
    parser.add_argument("--network", type=Path, default=network.DEMO, metavar="FILE", help=listed)
    rules = "the policies to ask; those of this installation by default"
    parser.add_argument("--policies", type=Path, default=DEPLOY / "policies", metavar="FOLDER", help=rules)
    parser.add_argument("--json", action="store_true", help="print one object instead of a table")
    return parser


def run(arguments: argparse.Namespace) -> int:
    """See `main.Verb`; the exit code is 0 where it is allowed and 1 where it is not."""
    try:
        question = explaining.question_of(_asked(arguments), datetime.now(UTC))
        decision = Policy.load(arguments.policies).decide(question)
    except explaining.NotAQuestion as error:
        raise CannotExplain(f"{error}; see `exchange explain --help`") from None
    except (PolicyUnusable, OSError) as error:
        raise CannotExplain(f"the policies cannot be used: {error}") from None
    told = explaining.in_words(question, decision)
    if arguments.json:
        print(json.dumps(told))
    else:
        _show(Console(highlight=False), told, decision)
    return _ALLOWED if decision.allowed else _DENIED


def _asked(arguments: argparse.Namespace) -> dict[str, Any]:
    asked = _from_file(arguments.question) if arguments.question else {}
    if arguments.action:
        asked["action"] = arguments.action
    if arguments.data_class:
        asked["data_class"] = arguments.data_class
    listed = _programmes(arguments.network)
    for side in ("discloser", "recipient"):
        if (named := getattr(arguments, side)) is not None:
            # Who is not listed has no kind, role or standing, and the rules say so.
            unlisted = {"kind": "unspecified", "role": "unspecified", "standing": "unspecified"}
            asked[side] = {"programme_id": named, **listed.get(named, unlisted)}
    for name, value in explaining.nested(dict(_pair(text) for text in arguments.facts)).items():
        held = asked.get(name)
        asked[name] = {**held, **value} if isinstance(held, dict) and isinstance(value, dict) else value
    return asked


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise explaining.NotAQuestion(f"--set takes NAME=VALUE, not {text!r}")
    return name, value


def _from_file(named: str) -> dict[str, Any]:
    try:
        text = sys.stdin.read() if named == "-" else Path(named).read_text(encoding="utf-8")
        asked = json.loads(text)
    except (OSError, ValueError):
        raise explaining.NotAQuestion(f"{named} cannot be read as JSON") from None
    if not isinstance(asked, dict):
        raise explaining.NotAQuestion(f"{named} holds no question: names and values")
    return asked


def _programmes(path: Path) -> Mapping[str, dict[str, Any]]:
    return {
        programme.id: {
            "kind": participant.kind,
            "role": programme.role,
            "funding_streams": programme.funding_streams,
            "confidential": programme.confidential,
            "standing": "enrolled",
        }
        for participant in network.load_network(path).participants
        for programme in participant.programmes
    }


def _show(console: Console, told: Mapping[str, Any], decision: Decision) -> None:
    what = f" of {told['data_class']}" if told["data_class"] else ""
    colour = "green" if decision.allowed else "red"
    console.print(f"{told['action']}{what}, {told['discloser']} to {told['recipient']}")
    console.print(f"[{colour}]{told['verdict']}[/]")
    table = Table("rule", "encodes", "stands in", box=None, pad_edge=False)
    for rule in told["rules"]:
        table.add_row(rule["id"], rule["law"], rule["file"])
    if told["rules"]:
        console.print(table)
