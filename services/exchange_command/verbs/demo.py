"""`exchange demo`: one night on the exchange, live in five columns, with real processes."""

import argparse
import json
import sys
import time

from rich.console import Console

from exchange_command.console import at_work, platform_here
from exchange_command.demo import health, proof, report
from exchange_command.demo.cast import assembled
from exchange_command.demo.stage import Stage
from exchange_command.demo.who_saw_what import STORED, picture
from exchange_command.main import VERBS, Verbs


def add_parser(verbs: Verbs) -> argparse.ArgumentParser:
    """See `main.Verb`."""
    parser: argparse.ArgumentParser = verbs.add_parser("demo", help=VERBS["demo"], description=VERBS["demo"])
    parser.add_argument(
        "which",
        nargs="?",
        choices=("night", "health"),
        default="night",
        help="night: the NGOs (default); health: a clinic's FHIR server, to and from",
    )
    parser.add_argument("--json", action="store_true", help="print one object last, and nothing else")
    parser.add_argument("--pace", type=float, default=2.0, metavar="SECONDS", help="pause between acts")
    return parser


def run(arguments: argparse.Namespace) -> int:
    """See `main.Verb`."""
    console = Console()
    watched = console.is_terminal and not arguments.json
    stage = Stage(console, quiet=arguments.json, pace_s=arguments.pace if watched else 0.0)
    play = _health if arguments.which == "health" else _night
    return play(console, stage, arguments)


def _health(console: Console, stage: Stage, arguments: argparse.Namespace) -> int:
    with at_work(beside=arguments.json) as (_, reporter):
        platform = platform_here(reporter)
        platform.up(health.PROCESSES)
    began = time.monotonic()
    with health.assembled(platform, stage) as day, stage.open():
        seen = day.play() | {"seconds": round(time.monotonic() - began, 1)}
    if arguments.json:
        print(json.dumps(seen))
    else:
        console.print(f"The day took {seen['seconds']} s; the clinic's server is still up.")
    return 0


def _night(console: Console, stage: Stage, arguments: argparse.Namespace) -> int:
    with at_work(beside=arguments.json) as (_, reporter):
        platform = platform_here(reporter)
        platform.up()
    with assembled(platform, stage) as cast:
        began = time.monotonic()
        with stage.open():
            withdrawn = cast.night.play()
        seconds = time.monotonic() - began
        platform.up(["zipkin"])
        rows = report.who_saw_what(platform, cast)
        proved = proof.of_the_night(platform.places)
        leaks = [row for row in rows if STORED in row.by_party.values()]
        if arguments.json:
            print(json.dumps(report.as_json(platform, cast.night, withdrawn, proved, seconds)))
        else:
            console.print(picture(rows))
            console.print(_proved(proved))
            report.addresses(console, platform, cast.night)
            console.print(f"The night took {seconds:.1f} s.")
    if leaks:
        print("exchange demo: a detail was found outside its sealed part", file=sys.stderr)
    if not proved.holds:
        print("exchange demo: the log of evidence does not verify", file=sys.stderr)
    return 1 if leaks or withdrawn.opens_after or not proved.holds else 0


def _proved(proved: proof.Proof) -> str:
    said = "verified offline" if proved.holds else "NOT SOUND"
    return f"Evidence: {proved.leaves} leaves, {proved.openings} openings among them, {said}."
