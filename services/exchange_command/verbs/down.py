"""`exchange down`: stops what `exchange up` started, and nothing else."""

import argparse

from exchange_command.console import at_work, platform_here
from exchange_command.main import VERBS, Verbs


def add_parser(verbs: Verbs) -> argparse.ArgumentParser:
    """See `main.Verb`."""
    parser: argparse.ArgumentParser = verbs.add_parser("down", help=VERBS["down"], description=VERBS["down"])
    return parser


def run(_arguments: argparse.Namespace) -> int:
    """See `main.Verb`."""
    with at_work() as (console, reporter):
        stopped = platform_here(reporter).down()
        console.print(f"stopped {len(stopped)} processes" if stopped else "nothing was running")
    return 0
