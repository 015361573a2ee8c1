"""After the night: the whole log of evidence, checked by a script that knows nothing of this project."""

import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from exchange_command import administration, evidence_file, ledger_requests
from exchange_command.administration import Leaf
from exchange_command.places import Places
from referral_exchange.contract_files import DEPLOY

_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Proof:
    """How many leaves there are, how many of them openings; `holds`: whether the script found all sound."""

    leaves: int
    openings: int
    holds: bool


def of_the_night(places: Places) -> Proof:
    """Exports the log and runs `deploy/verify_evidence.py` on it. Raises LedgerAway, LeafUnwritten."""
    administration.write(places, Leaf("evidence-export", "all"))
    with tempfile.TemporaryDirectory() as folder, ledger_requests.asking(places) as ask:
        file = Path(folder) / "evidence.jsonl"
        leaves = evidence_file.write(file, ask)
        checked = subprocess.run(
            (sys.executable, str(DEPLOY / "verify_evidence.py"), str(file)),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
        return Proof(leaves, _kinds(file)["opened"], checked.returncode == 0)


def _kinds(file: Path) -> Counter[str]:
    with file.open(encoding="utf-8") as lines:
        found = (evidence_file.read(line).get("leaf") for line in lines)
        return Counter(evidence_file.read(leaf)["kind"] for leaf in found if leaf is not None)
