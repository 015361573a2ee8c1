"""`exchange status`: which processes run and which are ready."""

import argparse
import json
import time
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from exchange_command.console import platform_here
from exchange_command.main import VERBS, Verbs
from exchange_command.platform import Platform, ProcessStatus


def add_parser(verbs: Verbs) -> argparse.ArgumentParser:
    """See `main.Verb`."""
    line = VERBS["status"]
    parser: argparse.ArgumentParser = verbs.add_parser("status", help=line, description=line)
    parser.add_argument("--json", action="store_true", help="print one object instead of a table")
    return parser


def run(arguments: argparse.Namespace) -> int:
    """See `main.Verb`; the exit code is 1 unless every process is ready."""
    platform = platform_here()
    statuses = platform.status()
    if arguments.json:
        print(json.dumps({"home": str(platform.places.home), "processes": [asdict(s) for s in statuses]}))
    else:
        console = Console()
        console.print(_table(platform, statuses))
        console.print(f"logs in {platform.places.logs}", soft_wrap=True)
    return 0 if all(status.ready for status in statuses) else 1


def _table(platform: Platform, statuses: list[ProcessStatus]) -> Table:
    table = Table("process", "state", "up for", "port", box=None, pad_edge=False)
    for status in statuses:
        state = (
            "[green]ready[/]" if status.ready else "[yellow]starting[/]" if status.running else "[red]off[/]"
        )
        since = f"{time.time() - status.since:.0f} s" if status.since else ""
        table.add_row(
            status.name,
            state,
            since,
            str(platform.specs[status.name].port),
        )
    return table
