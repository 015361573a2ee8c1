"""`exchange quarantine list|show|replay|drop`: messages that could not be read, without their bytes."""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from exchange_command import administration
from exchange_command.administration import Leaf
from exchange_command.console import platform_here
from exchange_command.main import VERBS, Verbs
from exchange_command.oversight import source
from exchange_command.problem import Problem
from referral_exchange.administered import Action
from referral_exchange.oversight import quarantined, replay
from referral_exchange.oversight.set_aside import Pointer, SetAside
from referral_exchange.oversight.source import Source
from referral_exchange.oversight.words import age, moment, plain

_POINTER = "topic/partition/offset, as `list` shows it"


def add_parser(verbs: Verbs) -> argparse.ArgumentParser:
    """See `main.Verb`."""
    line = VERBS["quarantine"]
    parser: argparse.ArgumentParser = verbs.add_parser("quarantine", help=line, description=line)
    acts = parser.add_subparsers(metavar="ACT", required=True, dest="act")
    listed = acts.add_parser("list", help="what is set aside, its class and age, and whether its bytes stand")
    listed.add_argument("--all", action="store_true", help="also what was closed already")
    shown = acts.add_parser("show", help="what the class means and what to do; never the bytes")
    shown.add_argument("pointer", metavar="POINTER", help=_POINTER)
    asked = acts.add_parser("replay", help="have the router read it again, once what was wrong is mended")
    asked.add_argument("pointers", metavar="POINTER", nargs="*", help=_POINTER)
    asked.add_argument("--class", dest="code", metavar="CLASS", help="every open one of this class instead")
    asked.add_argument("--wait", type=float, default=30.0, metavar="SECONDS", help="for the answer (30)")
    dropped = acts.add_parser("drop", help="close it for good: its bytes may go, and are never read again")
    dropped.add_argument("pointers", metavar="POINTER", nargs="+", help=_POINTER)
    for act in (listed, shown, asked, dropped):
        act.add_argument("--json", action="store_true", help="print one object")
        source.add_argument(act)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """See `main.Verb`."""
    act = {"list": _list, "show": _show, "replay": _replay, "drop": _drop}[arguments.act]
    with source.opened(arguments) as exchange:
        return act(exchange, arguments, Console(highlight=False, soft_wrap=True))


def _list(exchange: Source, arguments: argparse.Namespace, console: Console) -> int:
    every = quarantined.everything(exchange, quiet=arguments.json)
    found = every if arguments.all else list(quarantined.open_ones(every))
    stand = quarantined.standing(exchange, (each.pointer for each in found))
    now = datetime.now(UTC)
    if arguments.json:
        told = [quarantined.as_json(each, now, each.pointer in stand) for each in found]
        print(json.dumps({"quarantined": told}))
    elif found:
        console.print(_table(found, stand, now))
    else:
        console.print("nothing is set aside")
    return 0


def _table(found: list[SetAside], stand: set[Pointer], now: datetime) -> Table:
    table = Table("pointer", "class", "age", "bytes", "", box=None, pad_edge=False)
    for each in found:
        bytes_ = "stand" if each.pointer in stand else "[red]gone[/]"
        table.add_row(
            escape(plain(str(each.pointer))),
            escape(plain(each.code)),
            age(now - each.at),
            bytes_,
            each.how or "",
        )
    return table


def _show(exchange: Source, arguments: argparse.Namespace, console: Console) -> int:
    pointer = quarantined.read_pointer(arguments.pointer)
    each = _known(exchange, [pointer], quiet=arguments.json)[0]
    message = quarantined.message_at(exchange, pointer)
    told = quarantined.as_json(each, datetime.now(UTC), message is not None)
    around = quarantined.around(message) if message else {}
    if arguments.json:
        print(json.dumps(told | {"message": around or None}))
        return 0
    console.print(f"[bold]{escape(told['pointer'])}[/]  {escape(told['class'])}, {moment(each.at)}")
    console.print(f"  {told['means']}\n  [bold]do:[/] {told['do']}")
    console.print(f"  {_stands(around)}")
    if each.how:
        console.print(f"  closed {moment(each.closed_at)}: {each.how}")
    return 0


def _stands(around: dict[str, Any]) -> str:
    if not around:
        return "its bytes are gone: a replay can only close it"
    kind = around["type"] or "of no type known here"
    return (
        f"its {around['bytes']} bytes still stand ({kind}; headers: {', '.join(around['headers']) or 'none'})"
    )


def _replay(exchange: Source, arguments: argparse.Namespace, console: Console) -> int:
    pointers = _chosen(exchange, arguments)
    _record(arguments, "quarantine-replay", pointers)
    with console.status(f"asking the router to read {len(pointers)} again"):
        became = replay.ask(exchange, pointers, arguments.wait)
    if arguments.json:
        told = [{"pointer": plain(str(pointer)), "became": how} for pointer, how in became.items()]
        print(json.dumps({"replayed": told}))
    else:
        for pointer, how in became.items():
            console.print(f"{escape(plain(str(pointer)))}  {_said(how, arguments.wait)}")
    return 0 if all(how == "replayed" for how in became.values()) else 1


def _drop(exchange: Source, arguments: argparse.Namespace, console: Console) -> int:
    pointers = _open_pointers(exchange, arguments)
    _record(arguments, "quarantine-drop", pointers)
    replay.drop(exchange, pointers)
    if arguments.json:
        print(json.dumps({"dropped": [plain(str(pointer)) for pointer in pointers]}))
    else:
        for pointer in pointers:
            console.print(f"{escape(plain(str(pointer)))}  dropped")
    return 0


def _record(arguments: argparse.Namespace, action: Action, pointers: Sequence[Pointer]) -> None:
    """Puts it into the log of evidence first; else it is not done. Raises LeafUnwritten."""
    if arguments.settings is not None:
        print("not on record: with --settings no ledger is told of it", file=sys.stderr)
        return
    for pointer in pointers:
        administration.write(platform_here().places, Leaf(action, str(pointer)))


def _said(how: str, waited_s: float) -> str:
    return {
        "replayed": "[green]replayed[/]",
        "dropped": "[yellow]dropped[/] by somebody else meanwhile",
        "gone": "[yellow]gone[/]: its bytes stand no more",
        replay.UNREADABLE: "[red]read again, and still not readable[/]: it stays set aside; see `show`",
        replay.WAITING: f"[red]asked, no answer in {waited_s:g} s[/]: is the router up? `exchange status`; "
        "the asking stands, nothing needs repeating",
    }.get(how, how)


def _chosen(exchange: Source, arguments: argparse.Namespace) -> list[Pointer]:
    if bool(arguments.pointers) == bool(arguments.code):
        raise Problem("name pointers, or a class with --class")
    if arguments.code:
        every = quarantined.open_ones(quarantined.everything(exchange, quiet=arguments.json))
        found = [each.pointer for each in every if each.code == arguments.code]
        if not found:
            raise Problem(f"nothing of the class {plain(arguments.code)!r} is set aside")
        return found
    return _open_pointers(exchange, arguments)


def _open_pointers(exchange: Source, arguments: argparse.Namespace) -> list[Pointer]:
    """The pointers typed. Raises Problem where one was never set aside, or is closed."""
    pointers = [quarantined.read_pointer(typed) for typed in dict.fromkeys(arguments.pointers)]
    done = [each for each in _known(exchange, pointers, quiet=arguments.json) if each.how is not None]
    if done:
        raise Problem(f"{plain(str(done[0].pointer))} was closed already: {done[0].how}")
    return pointers


def _known(exchange: Source, pointers: Sequence[Pointer], *, quiet: bool) -> list[SetAside]:
    """What is known of each. Raises Problem for one that was never set aside."""
    every = {each.pointer: each for each in quarantined.everything(exchange, quiet=quiet)}
    for pointer in pointers:
        if pointer not in every:
            raise Problem(
                f"{plain(str(pointer))} was never set aside; `exchange quarantine list` shows what was"
            )
    return [every[pointer] for pointer in pointers]
