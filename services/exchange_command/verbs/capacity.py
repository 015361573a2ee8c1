"""`exchange capacity`: which programmes have room, as they last said; what is stale is marked."""

import argparse
import json
from datetime import UTC, datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from exchange_command.main import VERBS, Verbs
from exchange_command.oversight import source
from referral_exchange.oversight import room
from referral_exchange.oversight.room import Room
from referral_exchange.oversight.words import age, moment
from referral_exchange.vocabulary import as_shown


def add_parser(verbs: Verbs) -> argparse.ArgumentParser:
    """See `main.Verb`."""
    line = VERBS["capacity"]
    parser: argparse.ArgumentParser = verbs.add_parser("capacity", help=line, description=line)
    parser.add_argument("--all", action="store_true", help="show programmes without room, or silent, too")
    parser.add_argument("--json", action="store_true", help="print one object instead of a table")
    source.add_argument(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """See `main.Verb`."""
    with source.opened(arguments) as exchange:
        directory = room.read(exchange, quiet=arguments.json)
    now = datetime.now(UTC)
    every = room.rooms(directory, now)
    shown = every if arguments.all else room.with_room(every)
    if arguments.json:
        print(json.dumps({"as_seen": moment(now), "programmes": [room.as_json(each, now) for each in shown]}))
    else:
        _show(Console(highlight=False), shown, len(every), now)
    return 0


def _show(console: Console, shown: list[Room], known: int, now: datetime) -> None:
    if not shown:
        console.print(f"none of {known} programmes says that it has room; `--all` shows what each said")
        return
    table = Table("programme", "region", "says", "places", "of", "languages", "as of", "believe", box=None)
    for each in shown:
        table.add_row(*_row(each, now))
    console.print(table)


def _row(each: Room, now: datetime) -> tuple[str, ...]:
    named = (escape(each.programme.name), escape(each.programme.region))
    said = each.said
    if said is None:
        return (*named, "[dim]nothing yet[/]", "", "", "", "", "")
    left = said.valid_until - now
    return (
        *named,
        as_shown(said.capacity),
        _number(said.room) + (" accessible" if said.accessible else ""),
        _number(said.household_size),
        escape(", ".join(said.languages)),
        f"{age(now - said.as_of)} ago",
        f"[red]stale for {age(-left)}[/]" if each.stale(now) else f"{age(left)} more",
    )


def _number(number: int | None) -> str:
    return "" if number is None else str(number)
