"""Runs benches one after another and keeps each report in `results/`, without the machine's name.

`python tests/bench/run.py [NAME ...]`: all of them, or those named. A bench that refuses leaves the report
of the last good run where it was, and this ends with 1. Each report says how busy the machine was before.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "kit"))
from bench_kit import calm

HERE = Path(__file__).parent

BENCHES: dict[str, tuple[str, ...]] = {
    "price_of_safety": (),
    "ledger_latency": (),
    "policy_bench": ("--json",),
    "denials_bench": ("--json",),
    "evidence_bench": (),
    "router_bench": ("--json",),
}
"""Each prints one JSON object and brings up all that it needs. `bridge_latency.py` wants `exchange up`."""


def main() -> int:
    """0 when every bench gave its figures."""
    failed = [name for name in sys.argv[1:] or BENCHES if not run(name)]
    for name in failed:
        print(f"{name}: no figures", file=sys.stderr)
    return 1 if failed else 0


def run(name: str, folder: Path = HERE) -> bool:
    """Whether it gave figures; they are kept then."""
    print(f"{name} ...", flush=True)
    before = calm()
    done = subprocess.run(
        [sys.executable, str(folder / f"{name}.py"), *BENCHES.get(name, ())],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(HERE.parent / "kit")},
        text=True,
        check=False,
    )
    if done.returncode:
        return False
    kept = folder / "results" / f"{name}.json"
    kept.parent.mkdir(exist_ok=True)
    report = {**json.loads(done.stdout), "machine": before}
    kept.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(kept.read_text(encoding="utf-8"), flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
