"""`exchange doctor`: a line a check; every failing one says the remedy."""

import argparse
import json
from dataclasses import asdict

from rich.console import Console
from rich.markup import escape

from exchange_command.console import platform_here
from exchange_command.doctor import examine
from exchange_command.finding import Finding
from exchange_command.main import VERBS, Verbs


def add_parser(verbs: Verbs) -> argparse.ArgumentParser:
    """See `main.Verb`."""
    line = VERBS["doctor"]
    parser: argparse.ArgumentParser = verbs.add_parser("doctor", help=line, description=line)
    parser.add_argument("--json", action="store_true", help="print one object instead of lines")
    return parser


def run(arguments: argparse.Namespace) -> int:
    """See `main.Verb`; the exit code is 1 when a check fails."""
    findings = examine(platform_here())
    healthy = all(finding.ok for finding in findings)
    if arguments.json:
        print(json.dumps({"ok": healthy, "findings": [_as_json(finding) for finding in findings]}))
    else:
        console = Console(highlight=False, soft_wrap=True)
        for finding in findings:
            console.print(_as_line(finding))
    return 0 if healthy else 1


def _as_json(finding: Finding) -> dict[str, object]:
    return {"ok": finding.ok, **asdict(finding)}


def _as_line(finding: Finding) -> str:
    said = f"{finding.check:<28} {escape(finding.says)}"
    return (
        f"[green]✓[/] {said}"
        if finding.ok
        else f"[red]x[/] {said}\n    [bold]remedy:[/] {escape(finding.remedy)}"
    )
