"""`exchange host FILE`: the bridges of a coalition on one machine, each walled off from the others."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from exchange_command.hosting import coalition
from exchange_command.hosting.running import Bridge, Host
from exchange_command.main import VERBS, Verbs
from exchange_command.places import LOOPBACK, from_environment

_ACTS = {
    "start": "bring up those that do not run, and wait until each is ready (default)",
    "stop": "end those that run",
    "status": "show how each stands",
    "prepare": "folders, keys, enrolment and settings only",
}


def add_parser(verbs: Verbs) -> argparse.ArgumentParser:
    """See `main.Verb`."""
    line = VERBS["host"]
    parser: argparse.ArgumentParser = verbs.add_parser("host", help=line, description=line)
    parser.add_argument("file", type=Path, metavar="FILE", help="TOML file of the coalition")
    said = "; ".join(f"{name}: {text}" for name, text in _ACTS.items())
    parser.add_argument("act", nargs="?", choices=list(_ACTS), default="start", help=said)
    parser.add_argument("--only", action="append", metavar="ID", help="this participant; may be repeated")
    parser.add_argument("--json", action="store_true", help="print one list instead of lines")
    return parser


def run(arguments: argparse.Namespace) -> int:
    """See `main.Verb`; 1 where one of them is not as was asked."""
    told = coalition.load(arguments.file)
    host, chosen = Host(told, from_environment()), told.chosen(arguments.only)
    acts = {"start": host.start, "stop": host.stop, "status": host.status, "prepare": host.prepare}
    found = acts[arguments.act](chosen)
    if arguments.json:
        print(json.dumps([asdict(bridge) for bridge in found]))
    else:
        _show(found)
    return 0 if all(_as_asked(arguments.act, bridge) for bridge in found) else 1


def _as_asked(act: str, bridge: Bridge) -> bool:
    if act in ("start", "status"):
        return bridge.ready and not bridge.problem
    return not bridge.problem and not (act == "stop" and bridge.running)


def _show(found: list[Bridge]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for bridge in found:
        stands = "ready" if bridge.ready else "runs, not ready" if bridge.running else "does not run"
        address = f"http://{LOOPBACK}:{bridge.port}/"
        console.print(f"{bridge.id:<24}{stands:<18}{address}", markup=False)
        if bridge.problem:
            console.print(f"  {bridge.problem}", markup=False)
