"""`exchange sign-in PARTICIPANT`: how to sign in at a bridge of the demonstration, with the code of now."""

import argparse
import json
from datetime import UTC, datetime

from rich.console import Console

from exchange_command import console_key, sign_in_seed
from exchange_command.authority import OPERATOR
from exchange_command.console import platform_here
from exchange_command.main import VERBS, Verbs
from exchange_command.network import Network
from exchange_command.places import Places
from ngo_bridge.sign_in import one_time_codes


def add_parser(verbs: Verbs) -> argparse.ArgumentParser:
    """See `main.Verb`."""
    line = VERBS["sign-in"]
    parser: argparse.ArgumentParser = verbs.add_parser("sign-in", help=line, description=line)
    parser.add_argument("participant", help="such as lantern-outreach, or `operator` for the console")
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true", help="print one object instead of lines")
    shown.add_argument("--token", action="store_true", help="print a token for the API, and nothing else")
    return parser


def run(arguments: argparse.Namespace) -> int:
    """See `main.Verb`."""
    platform = platform_here()
    if arguments.participant == OPERATOR:
        return _operator(platform.places, arguments)
    kept = sign_in_seed.load(platform.places, arguments.participant)
    if arguments.token:
        print(kept.token)
        return 0
    now = datetime.now(UTC)
    shown = {
        "page": _page(platform.places, platform.network, arguments.participant),
        "name": kept.name,
        "password": kept.password,
        "code": one_time_codes.code_at(kept.codes, now),
    }
    left = one_time_codes.seconds_left(now)
    if arguments.json:
        print(json.dumps({**shown, "seconds_left": left}))
        return 0
    console = Console(highlight=False)
    for name, value in shown.items():
        console.print(f"{name:<10}{value}", markup=False)
    console.print(f"the code is shown for {left} s more, and works once; then run this again")
    return 0


def _operator(places: Places, arguments: argparse.Namespace) -> int:
    """The console and its key, which it asks for before it does anything."""
    shown = {"page": f"{places.address('status_board')}/", "key": console_key.load(places)}
    if arguments.json:
        print(json.dumps(shown))
    elif arguments.token:
        print(shown["key"])
    else:
        for name, value in shown.items():
            print(f"{name:<10}{value}")
    return 0


def _page(places: Places, network: Network, participant: str) -> str:
    index = [each.id for each in network.with_bridges].index(participant)
    return f"{places.bridge_address(index)}/sign-in"
