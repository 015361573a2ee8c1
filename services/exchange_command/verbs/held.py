"""`exchange held PARTICIPANT`: what the exchange holds of one, for a legal demand; and what it does not."""

import argparse
import json
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from exchange_command import administration, ledger_requests
from exchange_command.administration import Leaf
from exchange_command.console import platform_here
from exchange_command.main import VERBS, Verbs
from exchange_command.oversight import held, source

_LEDGER = {
    "consents": "consents",
    "grounds": "grounds of law",
    "consents_lost_with_a_backup": "consents lost with a backup",
    "subjects": "persons, as random tokens",
    "consent_keys": "keys of consents, wrapped",
    "disclosures": "disclosures",
    "evidence_leaves": "leaves of evidence",
    "facts_to_send": "facts not yet told to the broker",
    "facts_sent": "facts told in the last week",
    "pinned_keys": "pinned public keys",
}


def add_parser(verbs: Verbs) -> argparse.ArgumentParser:
    """See `main.Verb`."""
    line = VERBS["held"]
    parser: argparse.ArgumentParser = verbs.add_parser("held", help=line, description=line)
    parser.add_argument("participant")
    parser.add_argument(
        "--json", action="store_true", help="print one object, with the token of each consent"
    )
    parser.set_defaults(settings=None)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """See `main.Verb`. That it was asked is itself in the log."""
    places = platform_here().places
    administration.write(places, Leaf("held", arguments.participant))
    with source.opened(arguments) as exchange, ledger_requests.asking(places) as ask:
        found = held.read(exchange, ask, arguments.participant, quiet=arguments.json)
    if arguments.json:
        print(json.dumps(found))
    else:
        _show(Console(highlight=False), found)
    return 0


def _show(console: Console, found: dict[str, Any]) -> None:
    table = Table("where", "what", "how much", box=None, pad_edge=False)
    for name, said in _LEDGER.items():
        table.add_row("ledger", said, escape(_counted(found["ledger"].get(name, 0))))
    for topic in found["topics"]:
        offsets = f"offsets {topic['first']} to {topic['end']}"
        said = f"{topic['messages']} messages, {topic['bytes']} bytes, {offsets}"
        table.add_row("broker", topic["name"], said)
    for name, programme in found["directory"]["programmes"].items():
        table.add_row("directory", f"programme {escape(name)}", f"public keys {programme['signing_key_id']}")
    listed = found["directory"]["participant"]
    table.add_row("directory", f"participant {escape(found['participant'])}", escape(f"{listed['kind']}"))
    console.print(table)
    console.print("\nNot held:")
    for each in found["not_held"]:
        console.print(f"  {each}", soft_wrap=True)


def _counted(value: Any) -> str:
    if isinstance(value, dict) and all(isinstance(each, str) for each in value.values()):
        return ", ".join(f"{name} (key id {each})" for name, each in value.items()) or "0"
    if isinstance(value, dict):
        return ", ".join(f"{count} {name}" for name, count in value.items()) or "0"
    return str(value)
