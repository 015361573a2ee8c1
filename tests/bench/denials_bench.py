"""How far apart in time the ledger's answers are about what is another's and about what does not exist.

`python tests/bench/denials_bench.py [--pairs 2000] [--json]`: over HTTP on SQLite, each operation by itself,
the two in turn. Milliseconds of the medians; `noise`: three standard errors of how far they are apart.
"""

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

sys.path += [str(Path(__file__).parents[1] / "kit"), str(Path(__file__).parents[1] / "unit" / "ledger")]

from ledger_kit import LedgerKit
from test_denials_alike import OPERATIONS, RELIEF, timed


def measured(name: str, pairs: int) -> dict[str, float]:
    """One operation, on a ledger of its own."""
    with tempfile.TemporaryDirectory() as folder:
        kit = LedgerKit(Path(folder))
        found = timed(kit, name, lambda so_far: len(so_far.theirs) >= pairs)
        kit.close()
    medians = {"theirs_ms": statistics.median(found.theirs), "nobodys_ms": statistics.median(found.nobodys)}
    told = {**medians, "apart_ms": found.apart, "noise_ms": found.noise}
    return {name: round(value * 1000, 3) for name, value in told.items()}


def main() -> None:
    """Prints a line an operation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=2000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    results = {}
    for name in (*OPERATIONS, RELIEF):
        results[name] = measured(name, asked.pairs)
        if not asked.json:
            print(f"{name:32} {results[name]}", flush=True)
    if asked.json:
        print(json.dumps({"pairs": asked.pairs, "operations": results}))


if __name__ == "__main__":
    main()
