"""Decisions a second: policies loaded anew (cold), loaded once (edge and ledger), remembered (router).

`python tests/bench/policy_bench.py [--rounds 5] [--json]`: one thread; the rounds are interleaved.
Seconds of the wall clock, and of this process alone: other work on the machine counts in the first only.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "kit"))

from ledger_kit import RECIPIENT, SENDER, STREAMS, a_directory, signer
from policy_kit import CHECK, GIVE, OPEN, REPORT, SEAL, under

from referral_exchange.policy import Policy
from referral_router.judging import Judge

MIX = (GIVE, SEAL, CHECK, OPEN, under(REPORT))
COUNTS = {"cold": 3, "loaded": 200, "batch of 50": 200, "remembered": 100_000}


def ways(policy: Policy) -> dict[str, Callable[[int], None]]:
    """Each takes so many decisions."""
    directory = a_directory(
        {name: signer(name) for name in STREAMS} | {"bay-precinct": signer("bay-precinct")}
    )
    judge = Judge(policy)

    def cold(count: int) -> None:
        for number in range(count):
            Policy.load().decide(MIX[number % len(MIX)])

    def loaded(count: int) -> None:
        for number in range(count):
            policy.decide(MIX[number % len(MIX)])

    def batch(count: int) -> None:
        for _ in range(count // 50):
            policy.decide_each([SEAL] * 50)

    def remembered(count: int) -> None:
        for _ in range(count):
            judge.barred(directory, SENDER, RECIPIENT)

    return {"cold": cold, "loaded": loaded, "batch of 50": batch, "remembered": remembered}


def measured(rounds: int) -> dict[str, dict[str, float]]:
    """Decisions a second of each way: the median round, by both clocks."""
    policy = Policy.load()
    taken = {name: ([], []) for name in COUNTS}  # type: dict[str, tuple[list[float], list[float]]]
    for _ in range(rounds):
        for name, way in ways(policy).items():
            wall, own = time.perf_counter(), time.process_time()
            way(COUNTS[name])
            taken[name][0].append(COUNTS[name] / (time.perf_counter() - wall))
            taken[name][1].append(COUNTS[name] / (time.process_time() - own))
    return {
        name: {"a_second": round(statistics.median(wall), 1), "of_own_time": round(statistics.median(own), 1)}
        for name, (wall, own) in taken.items()
    }


def main() -> None:
    """Prints a line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = {"rules": len(Policy.load().rules), **measured(asked.rounds)}
    if asked.json:
        print(json.dumps(found))
        return
    for name, figures in found.items():
        print(f"{name:12} {figures}")


if __name__ == "__main__":
    main()
