"""`exchange lag`: how far each reader is behind; exit code 1 above a limit."""

import argparse
import json
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from exchange_command.main import VERBS, Verbs
from exchange_command.oversight import source
from referral_exchange.oversight import lag
from referral_exchange.oversight.lag import Lag
from referral_exchange.oversight.words import age


def add_parser(verbs: Verbs) -> argparse.ArgumentParser:
    """See `main.Verb`."""
    line = VERBS["lag"]
    parser: argparse.ArgumentParser = verbs.add_parser("lag", help=line, description=line)
    parser.add_argument("--max", type=int, metavar="N", help="exit 1 where more than N messages are unread")
    oldest = "exit 1 where the oldest unread message is older"
    parser.add_argument("--max-age", type=float, metavar="SECONDS", help=oldest)
    parser.add_argument("--all", action="store_true", help="show those that are not behind too")
    parser.add_argument("--json", action="store_true", help="print one object instead of a table")
    source.add_argument(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """See `main.Verb`; the exit code is 1 where a limit given is passed."""
    with source.opened(arguments) as exchange:
        found = lag.measured(exchange)
    now = datetime.now(UTC)
    over = lag.above(found, arguments.max, arguments.max_age, now)
    if arguments.json:
        print(json.dumps({"ok": not over, "groups": [lag.as_json(each, now) for each in found]}))
    else:
        _show(
            Console(highlight=False),
            found if arguments.all else [each for each in found if each.unread],
            over,
            now,
        )
    return 1 if over else 0


def _show(console: Console, found: list[Lag], over: list[Lag], now: datetime) -> None:
    table = Table("group", "topic", "unread", "oldest", "", box=None, pad_edge=False)
    for each in found:
        waits = age(now - each.oldest) if each.oldest else ""
        note = "never read" if each.unread and not each.begun else ""
        colour = "red" if each in over else "yellow" if each.unread else "green"
        table.add_row(each.group, each.topic, f"[{colour}]{each.unread}[/]", waits, note)
    console.print(table if found else "nobody is behind")
