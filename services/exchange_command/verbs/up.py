"""`exchange up`: from nothing to a platform that works."""

import argparse
import time
from collections.abc import Iterator

from exchange_command.console import at_work, platform_here
from exchange_command.main import VERBS, Verbs
from exchange_command.platform import Platform


def add_parser(verbs: Verbs) -> argparse.ArgumentParser:
    """See `main.Verb`."""
    parser: argparse.ArgumentParser = verbs.add_parser("up", help=VERBS["up"], description=VERBS["up"])
    parser.add_argument(
        "--only",
        type=lambda text: [name for name in text.split(",") if name],
        metavar="NAMES",
        help="only these processes, separated by commas; `services` names all of our own",
    )
    return parser


def run(arguments: argparse.Namespace) -> int:
    """See `main.Verb`."""
    began = time.monotonic()
    with at_work() as (console, reporter):
        platform = platform_here(reporter)
        platform.up(arguments.only)
        console.print(f"up in {time.monotonic() - began:.1f} s; `exchange status` shows what runs")
        if arguments.only is None:
            for what, address in _pages(platform):
                console.print(f"  {what:<20} {address}")
            console.print("how to sign in at a page of an NGO: `exchange sign-in PARTICIPANT`")
    return 0


def _pages(platform: Platform) -> Iterator[tuple[str, str]]:
    """What a person may want to open in a browser."""
    for index, participant in enumerate(platform.network.with_bridges):
        yield participant.name, f"{platform.places.bridge_address(index)}/"
    yield "a person's own page", f"{platform.places.address('survivor_page')}/"
    yield "operator", f"{platform.places.address('status_board')}/"
    yield "traces, in a moment", f"{platform.places.address('zipkin')}/zipkin"
