"""`exchange evidence export|checkpoint`: the log of what was disclosed, for a stranger to verify offline."""

import argparse
import base64
import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from consent_ledger import merkle
from exchange_command import administration, evidence_file, ledger_requests
from exchange_command.administration import Leaf
from exchange_command.console import platform_here
from exchange_command.main import VERBS, Verbs
from exchange_command.problem import Problem


def add_parser(verbs: Verbs) -> argparse.ArgumentParser:
    """See `main.Verb`."""
    line = VERBS["evidence"]
    parser: argparse.ArgumentParser = verbs.add_parser("evidence", help=line, description=line)
    acts = parser.add_subparsers(metavar="ACT", required=True, dest="act")
    whole = acts.add_parser(
        "export", help="write every leaf to a file; `deploy/verify_evidence.py` checks it"
    )
    whole.add_argument("file", type=Path)
    now = acts.add_parser("checkpoint", help="print the signed checkpoint of now; keep it, elsewhere")
    said = "a checkpoint that you kept: ends with 1 unless the log of now begins with that one"
    now.add_argument("--after", type=Path, metavar="FILE", help=said)
    for act in (whole, now):
        act.add_argument("--json", action="store_true", help="print one object")
    return parser


def run(arguments: argparse.Namespace) -> int:
    """See `main.Verb`; `checkpoint --after` ends with 1 where the log was rewritten."""
    return _export(arguments) if arguments.act == "export" else _checkpoint(arguments)


def _export(arguments: argparse.Namespace) -> int:
    places = platform_here().places
    # Itself in the log, and so in the file.
    administration.write(places, Leaf("evidence-export", "all"))
    console = Console(stderr=True, quiet=arguments.json)
    columns = TextColumn("leaves"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with ledger_requests.asking(places) as ask, Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("")
        try:
            count = evidence_file.write(
                arguments.file, ask, lambda done, of: bar.update(task, completed=done, total=of)
            )
        except OSError as error:
            raise Problem(f"{arguments.file} cannot be written ({type(error).__name__})") from None
    if arguments.json:
        print(json.dumps({"file": str(arguments.file), "leaves": count}))
    else:
        print(f"{arguments.file}: {count} leaves; check it with deploy/verify_evidence.py", file=sys.stderr)
    return 0


def _checkpoint(arguments: argparse.Namespace) -> int:
    kept = _kept(arguments.after) if arguments.after else None
    with ledger_requests.asking(platform_here().places) as ask:
        found = ask("/v1/evidence/checkpoint", {"after": kept[0]} if kept else {})
    grew = kept is None or _grew(kept, found)
    if arguments.json:
        print(json.dumps({**found, "holds": grew}))
    else:
        print(found["checkpoint"], end="")
    if not grew:
        print("the log of now does not begin with the one that you kept: it was rewritten", file=sys.stderr)
    return 0 if grew else 1


def _kept(path: Path) -> tuple[int, bytes]:
    try:
        return _size_and_root(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Problem(f"{path} cannot be read ({type(error).__name__})") from None
    except (ValueError, IndexError):
        raise Problem(f"{path}: no checkpoint; `exchange evidence checkpoint` prints one") from None


def _size_and_root(note: str) -> tuple[int, bytes]:
    lines = note.split("\n")
    return int(lines[1]), base64.b64decode(lines[2], validate=True)


def _grew(kept: tuple[int, bytes], found: dict[str, Any]) -> bool:
    """Signatures are for `deploy/verify_evidence.py`: this asks the ledger that signs."""
    (old, old_root), (new, new_root) = kept, _size_and_root(found["checkpoint"])
    if old == 0:
        return old_root == merkle.EMPTY
    proof = [base64.b64decode(each) for each in found["consistency"]]
    return merkle.extends(old, new, old_root, new_root, proof)
