"""`exchange export PARTICIPANT`: all that it needs to leave, in one file of open formats."""

import argparse
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rich.console import Console

from exchange_command import administration, ledger_requests
from exchange_command.administration import Leaf
from exchange_command.authority import OPERATOR
from exchange_command.console import platform_here
from exchange_command.leaving.bundle import Bundle
from exchange_command.leaving.departure import LEFT_OUT, Departure, Operator
from exchange_command.main import VERBS, Verbs
from exchange_command.oversight import source
from exchange_command.places import Places
from exchange_command.problem import Problem
from referral_exchange import settings
from referral_exchange.settings import Settings, SettingsError


def add_parser(verbs: Verbs) -> argparse.ArgumentParser:
    """See `main.Verb`."""
    line = VERBS["export"]
    parser: argparse.ArgumentParser = verbs.add_parser("export", help=line, description=line)
    parser.add_argument("participant", help="such as lantern-outreach")
    parser.add_argument("--to", type=Path, metavar="FILE", help="file to write; else PARTICIPANT.zip, here")
    said = "settings file of its bridge, where `exchange up` of this machine did not write it"
    parser.add_argument("--bridge", type=Path, metavar="FILE", help=said)
    parser.add_argument("--json", action="store_true", help="print what the file holds as one object")
    parser.set_defaults(settings=None)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """See `main.Verb`; 1 where something could not be had. What the operator reads is itself in the log."""
    path = arguments.to or Path(f"{arguments.participant}.zip")
    places = platform_here().places
    told = _settings(places, arguments)
    with _operator(places, arguments) as operator:
        departure = Departure(arguments.participant, told, operator, quiet=arguments.json)
        try:
            bundle = departure.write(path)
        except OSError as error:
            raise Problem(f"{path} cannot be written ({type(error).__name__})") from None
    _show(bundle, path, as_json=arguments.json)
    return 1 if bundle.absent else 0


def _settings(places: Places, arguments: argparse.Namespace) -> Settings | None:
    path = arguments.bridge or places.settings / f"ngo_bridge.{arguments.participant}.toml"
    if not path.exists() and arguments.bridge is None:
        return None
    try:
        found = settings.load(path)
        if found.need("participant") != arguments.participant:
            raise Problem(f"{path.name} is of another participant")
    except SettingsError as error:
        raise Problem(str(error)) from None
    return found


@contextmanager
def _operator(places: Places, arguments: argparse.Namespace) -> Iterator[Operator | None]:
    """The exchange of this machine, where it is the operator's; what is read there is recorded first."""
    if not places.tls(OPERATOR).certificate.exists():
        yield None
        return
    administration.write(places, Leaf("held", arguments.participant))
    with ExitStack() as opened:
        exchange = opened.enter_context(source.opened(arguments))
        yield Operator(exchange, opened.enter_context(ledger_requests.asking(places)))


def _show(bundle: Bundle, path: Path, *, as_json: bool) -> None:
    if as_json:
        files = {kept.name: kept.rows for kept in bundle.files}
        print(json.dumps({"file": str(path), "files": files, "absent": bundle.absent, "not_in_it": LEFT_OUT}))
        return
    console = Console(highlight=False, soft_wrap=True)
    for kept in bundle.files:
        console.print(f"{kept.rows:>8}  {kept.says}", markup=False)
    for each in bundle.absent:
        console.print(f"could not be had: {each['what']}: {each['why']}", markup=False)
    console.print(f"not in it, on purpose: {len(LEFT_OUT)} kinds of thing, which its README.txt names")
    console.print(f"{path}: for its owner alone; it says who worked with whom, so keep it as you keep files")
