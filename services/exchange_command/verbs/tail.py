"""`exchange tail TOPIC`: follows topics; what concerns a person is shown as a size."""

import argparse
import json
import os
import sys
from typing import Any

from rich.console import Console
from rich.markup import escape

from exchange_command.main import VERBS, Verbs
from exchange_command.oversight import source, tailing
from exchange_command.oversight.tailing import Wanted
from referral_exchange.oversight.words import plain


def add_parser(verbs: Verbs) -> argparse.ArgumentParser:
    """See `main.Verb`."""
    line = VERBS["tail"]
    parser: argparse.ArgumentParser = verbs.add_parser("tail", help=line, description=line)
    parser.add_argument("topics", metavar="TOPIC", nargs="+", help="such as consents or inbox.<participant>")
    parser.add_argument("--decode", action="store_true", help="show the routing fields of each event")
    parser.add_argument("--from-beginning", action="store_true", help="begin with what stands there already")
    parser.add_argument("--once", action="store_true", help="stop where the topics end now")
    parser.add_argument("--max", type=_count, metavar="N", help="stop after N messages")
    parser.add_argument("--json", action="store_true", help="print one object a line")
    source.add_argument(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """See `main.Verb`. Interrupting it, or closing what it writes to, is how it usually ends."""
    with source.opened(arguments) as exchange:
        partitions = tailing.partitions_of(arguments.topics, exchange.topics())
        wanted = Wanted(partitions, arguments.from_beginning, arguments.once, arguments.max)
        console = Console(highlight=False, soft_wrap=True)
        try:
            for message in tailing.followed(exchange, wanted):
                shown = tailing.as_json(exchange, message, decode=arguments.decode)
                _print(console, shown, as_json=arguments.json)
        except KeyboardInterrupt:
            return 0
        except BrokenPipeError:
            # Python would complain once more when it closes a pipe that nobody reads.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _print(console: Console, shown: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(shown), flush=True)
        return
    place = f"{shown['topic']}/{shown['partition']}/{shown['offset']}"
    key = shown["key"] or "of no known form"
    about = f"{shown['type'] or '?'}  key {key}  from {shown['from'] or '-'}  {shown['bytes']} bytes"
    console.print(f"[dim]{shown['at']}[/]  [cyan]{escape(place)}[/]  {escape(about)}")
    if shown.get("fault"):
        console.print(f"    [yellow]not read: {shown['fault']}[/]")
    for name, value in (shown.get("fields") or {}).items():
        console.print(f"    {name}: {escape(_text(value))}")


def _text(value: Any) -> str:
    return plain(value) if isinstance(value, str) else json.dumps(value)


def _count(typed: str) -> int:
    if not typed.isdecimal() or int(typed) < 1:
        raise argparse.ArgumentTypeError(f"{typed!r} is no number from 1")
    return int(typed)
