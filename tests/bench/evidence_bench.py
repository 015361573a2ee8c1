"""What a leaf of evidence adds to seal and open, and how quick proofs are in a log of a million leaves.

`python tests/bench/evidence_bench.py [--count 300] [--rounds 6] [--leaves 1000000]`: with and without the log
in turn, in one process, on SQLite and on PostgreSQL, both durable. Proofs are read from SQLite.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest import mock

from sqlalchemy import Connection

sys.path.insert(0, str(Path(__file__).parents[1] / "kit"))
from database_kit import running_postgres
from ledger_kit import RECIPIENT, SENDER, START, LedgerKit, a_form, a_part, to_open

from consent_ledger import checkpoints, evidence_rows, merkle, store
from consent_ledger.evidence import Act
from consent_ledger.giving import give
from consent_ledger.records import Disclosure
from consent_ledger.sealing import open_locks, seal

WARM = 20
AT_ONCE = 5000


def main() -> None:
    arguments = _arguments()
    report: dict[str, Any] = {"count": arguments.count, "rounds": arguments.rounds}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="evidence-bench-")))
        server = stack.enter_context(running_postgres(durable=True))
        urls = {"sqlite": None, "postgresql": stack.enter_context(server.database())}
        for name, url in urls.items():
            (folder / name).mkdir()
            kit = LedgerKit(folder / name, url=url)
            report[name] = _compared(kit, arguments)
            if name == "sqlite":
                report["log"] = _of_a_long_log(kit, arguments.leaves)
            kit.close()
    print(json.dumps(report, indent=2))


def _compared(kit: LedgerKit, arguments: argparse.Namespace) -> dict[str, Any]:
    form = a_form()
    give(kit.ledger, form)
    (lock,) = seal(kit.ledger, SENDER, [a_part(form)])
    acts: dict[str, Callable[[], object]] = {
        "seal": lambda: seal(kit.ledger, SENDER, [a_part(form)]),
        "open": lambda: open_locks(kit.ledger, RECIPIENT, [to_open(form, lock)]),
        "open_100": lambda: open_locks(kit.ledger, RECIPIENT, [to_open(form, lock)] * 100),
    }
    return {name: _with_and_without(act, arguments) for name, act in acts.items()}


def _with_and_without(act: Callable[[], object], arguments: argparse.Namespace) -> dict[str, Any]:
    with_log: list[float] = []
    without: list[float] = []
    for _ in range(arguments.rounds):
        with _no_log():
            without += _timed(act, arguments.count)
        with_log += _timed(act, arguments.count)
    before, after = _summary(without), _summary(with_log)
    return {"without": before, "with": after, "adds_p50_ms": round(after["p50_ms"] - before["p50_ms"], 2)}


@contextmanager
def _no_log() -> Iterator[None]:
    def only_disclosures(
        connection: Connection, now: datetime, lines: Sequence[Disclosure], acts: Sequence[Act] = ()
    ) -> list[str]:
        store.note(connection, lines)
        return []

    with mock.patch.object(evidence_rows, "note", only_disclosures):
        yield


def _timed(act: Callable[[], object], count: int) -> list[float]:
    for _ in range(WARM):
        act()
    times = []
    for _ in range(count):
        began = time.perf_counter()
        act()
        times.append((time.perf_counter() - began) * 1000)
    return times


def _summary(times: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    return {"p50_ms": round(cuts[49], 2), "p99_ms": round(cuts[98], 2)}


def _of_a_long_log(kit: LedgerKit, leaves: int) -> dict[str, Any]:
    began = time.perf_counter()
    with kit.database.snapshot() as connection:
        size = evidence_rows.size_of(connection)
    while size < leaves:
        some = [Act("administration", {"action": "held", "about": "x"})] * min(AT_ONCE, leaves - size)
        with kit.database.transaction() as connection:
            evidence_rows.note(connection, START, (), some)
        size += len(some)
    filled = time.perf_counter() - began
    with kit.database.snapshot() as connection:
        return {
            "leaves": size,
            "appended_per_s_in_batches": round(leaves / filled),
            "inclusion": _summary(_timed(lambda: _inclusion(connection, size), 300)),
            "consistency": _summary(
                _timed(lambda: checkpoints.consistency(connection, size // 3, size), 300)
            ),
            "checkpoint": _summary(
                _timed(lambda: checkpoints.made(connection, kit.ledger.facts.signer), 300)
            ),
            "bytes_a_leaf": round(_bytes(connection) / size),
        }


def _inclusion(connection: Connection, size: int) -> list[bytes]:
    number = time.perf_counter_ns() % size
    return evidence_rows.computed(connection, lambda node: merkle.inclusion(number, size, node))


def _bytes(connection: Connection) -> int:
    pages, each = (connection.exec_driver_sql(f"PRAGMA page_{of}").scalar_one() for of in ("count", "size"))
    return int(pages) * int(each)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--leaves", type=int, default=1_000_000)
    return parser.parse_args()


if __name__ == "__main__":
    main()
