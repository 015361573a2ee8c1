"""`exchange directory`: imports and exports HSDS 3, searches, enrols a participant."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from exchange_command import directory_requests, enrolment_file
from exchange_command.authority import OPERATOR
from exchange_command.console import platform_here
from exchange_command.main import VERBS, Verbs
from exchange_command.problem import Problem
from referral_exchange.settings import Tls

_CONDITIONS = ("service", "language", "region", "age-band", "access", "capacity")
_NAME = "service_directory"


def add_parser(verbs: Verbs) -> argparse.ArgumentParser:
    """See `main.Verb`."""
    line = VERBS["directory"]
    parser: argparse.ArgumentParser = verbs.add_parser("directory", help=line, description=line)
    kinds = parser.add_subparsers(metavar="WHAT", required=True, dest="what")
    taking = kinds.add_parser("import", help="judge every row of an HSDS 3 file, and take it if all is right")
    taking.add_argument("path", type=Path, help=".json, .csv, .zip, or a folder of CSV tables")
    taking.add_argument(
        "--only-valid", action="store_true", help="take the rows that are right, leave the rest"
    )
    taking.add_argument("--dry-run", action="store_true", help="judge only, take nothing")
    taking.add_argument(
        "--term",
        action="append",
        default=[],
        metavar="TAXONOMY:TERM=CATEGORY",
        help="what the publisher calls a category; nothing behind = for what is no service",
    )
    giving = kinds.add_parser("export", help="write everything that may be published as HSDS 3")
    giving.add_argument("path", type=Path, help="file to write: .zip for CSV tables, .json for JSON")
    finding = kinds.add_parser("search", help="find programmes and services")
    for name in _CONDITIONS:
        finding.add_argument(f"--{name}")
    enrolling = kinds.add_parser("enrol", help="list a participant, its programmes and their public keys")
    enrolling.add_argument("path", type=Path, help="TOML file beside the public keys")
    _add_endorse(kinds)
    for kind in kinds.choices.values():
        kind.add_argument("--json", action="store_true", help="print one object instead of a table")
    return parser


def _add_endorse(kinds: Any) -> None:
    endorsing = kinds.add_parser("endorse", help="let a programme's old key sign its new ones")
    endorsing.add_argument("programme")
    endorsing.add_argument("--old", type=Path, required=True, help="PEM of the old Ed25519 private key")
    endorsing.add_argument("--signing", type=Path, required=True, help="PEM of the new Ed25519 public key")
    endorsing.add_argument("--sealing", type=Path, required=True, help="PEM of the new X25519 public key")
    endorsing.add_argument("--key-id", required=True, help="key id of the new keys")


def run(arguments: argparse.Namespace) -> int:
    """See `main.Verb`; an import with errors that took nothing ends with 1."""
    acts = {"import": _take, "export": _give, "search": _search, "enrol": _enrol, "endorse": _endorse}
    return acts[arguments.what](arguments)


def _take(arguments: argparse.Namespace) -> int:
    asked = {"only_valid": arguments.only_valid, "dry_run": arguments.dry_run}
    report = directory_requests.post_import(_address(), arguments.path, asked, arguments.term, _operator())
    if arguments.json:
        print(json.dumps(report))
    else:
        _show_report(Console(highlight=False), report, dry_run=arguments.dry_run)
    fine = report["applied"] or (arguments.dry_run and not report["errors"])
    return 0 if fine else 1


def _show_report(console: Console, report: dict[str, Any], *, dry_run: bool) -> None:
    if report["findings"]:
        table = Table("", _whole("where"), "what is wrong", "how to mend", box=None, pad_edge=False)
        for finding in report["findings"]:
            mark = "[red]error[/]" if finding["severity"] == "error" else "[dim]note[/]"
            where = " ".join(filter(None, (finding["file"], finding["row"], finding["column"])))
            table.add_row(mark, escape(where), escape(finding["wrong"]), escape(finding["mend"]))
        console.print(table)
    if report["left_out"]:
        console.print(f"{report['left_out']} more are not shown")
    counted = f"{report['errors']} errors, {report['notes']} notes"
    if report["applied"]:
        taken = f"{report['organizations']} organizations and {report['services']} services taken"
        console.print(f"{taken}; {len(report['programmes'])} listings changed; {counted}")
    elif dry_run:
        console.print(f"judged only, nothing was taken; {counted}")
    else:
        console.print(f"nothing was taken; {counted}; `--only-valid` takes the rows that are right")


def _whole(head: str) -> Column:
    """A column whose cells break rather than lose their end."""
    return Column(head, overflow="fold")


def _give(arguments: argparse.Namespace) -> int:
    content = directory_requests.get_export(_address(), arguments.path.suffix.lower() != ".json", _operator())
    try:
        arguments.path.write_bytes(content)
    except OSError as error:
        raise Problem(f"{arguments.path} cannot be written ({type(error).__name__})") from None
    if arguments.json:
        print(json.dumps({"file": str(arguments.path), "bytes": len(content)}))
    else:
        print(f"{arguments.path}: {len(content)} bytes", file=sys.stderr)
    return 0


def _search(arguments: argparse.Namespace) -> int:
    given = {name: getattr(arguments, name.replace("-", "_")) for name in _CONDITIONS}
    asked = {name.replace("-", "_"): value for name, value in given.items() if value is not None}
    found = directory_requests.search(_address(), asked, _operator())
    if arguments.json:
        print(json.dumps({"services": found}))
        return 0
    table = Table(
        _whole("programme"), "name", "region", "services", "languages", "room", box=None, pad_edge=False
    )
    for each in found:
        offered = [escape(", ".join(each[name] or ["-"])) for name in ("services", "languages")]
        named = (each["programme_id"] or "not on the exchange", each["name"], each["region"])
        table.add_row(*(escape(text) for text in named), *offered, each["capacity"])
    Console(highlight=False).print(table if found else "nothing answers all of this")
    return 0


def _enrol(arguments: argparse.Namespace) -> int:
    listed = directory_requests.enrol(_address(), enrolment_file.load(arguments.path), _operator())
    if arguments.json:
        print(json.dumps({"listed": listed}))
    else:
        print(f"{listed} listings changed" if listed else "everything stood so already")
    return 0


def _endorse(arguments: argparse.Namespace) -> int:
    keys = (arguments.signing, arguments.sealing)
    made = enrolment_file.endorsement(arguments.programme, arguments.old, keys, arguments.key_id)
    if arguments.json:
        print(json.dumps(made))
    else:
        print("\n".join(f'{name} = "{value}"' for name, value in made.items()))
    return 0


def _address() -> str:
    return platform_here().places.address(_NAME)


def _operator() -> Tls:
    return platform_here().places.tls(OPERATOR)
