"""B7: seal and open at the ledger, over HTTP and mutual TLS, against one durable insert and a bare echo.

`python tests/bench/ledger_latency.py [--count 300] [--rounds 5] [--callers 8] [--ports 31800]` brings up a
broker and registry of its own for the time it runs, and a ledger on each kind of database. Rounds are
interleaved: insert, echo, seal and open on each, one caller for the times and several for what fits in a
second. The limit is one fsync'd insert and three bare FastAPI echoes over plain HTTP. Every opening must be
on record in the end.
"""

import argparse
import json
import multiprocessing
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import uvicorn
from bench_kit import percentile, spread
from database_kit import Postgres, running_postgres
from fastapi import FastAPI
from ledger_process import RECIPIENT, SENDER, LedgerProcess, a_consent

from exchange_command.places import from_environment
from exchange_command.platform import Platform

ECHO_PORT = 20899
WARM = 20
BATCH = 100
BLOB = "A" * 108
Act = Callable[[], object]


class Bench:
    """One ledger with one live consent, asked as its discloser and as its recipient."""

    def __init__(self, ledger: LedgerProcess) -> None:
        self.ledger = ledger
        self.body = a_consent()
        self.opened = 0
        self._lock = threading.Lock()
        self.clients: list[httpx.Client] = []
        sender = self.client(SENDER)
        sender.post("/v1/consents", json=self.body).raise_for_status()
        sealed = sender.post("/v1/seal", json={"parts": [self.part]}).raise_for_status()
        self.lock = sealed.json()["locks"][0]

    @property
    def part(self) -> dict[str, object]:
        named = {name: self.body[name] for name in ("consent_id", "referral_id", "recipient")}
        return {**named, "data_class": "identity", "blob": BLOB}

    def client(self, programme: str) -> httpx.Client:
        self.clients.append(self.ledger.client(programme))
        return self.clients[-1]

    def sealing(self, parts: int = 1) -> Act:
        client, asked = self.client(SENDER), {"parts": [self.part] * parts}

        def once() -> None:
            answer = client.post("/v1/seal", json=asked)
            refuse_unless(answer.status_code == 200 and len(set(answer.json()["locks"])) == parts)

        return once

    def opening(self, locks: int = 1) -> Act:
        client = self.client(RECIPIENT)
        named = {"consent_id": self.body["consent_id"], "referral_id": self.body["referral_id"]}
        asked = {"locks": [{**named, "lock": self.lock}] * locks}

        def once() -> None:
            answer = client.post("/v1/open", json=asked)
            refuse_unless(answer.status_code == 200)
            wanted = {"data_class": "identity", "blob": BLOB}
            refuse_unless(answer.json()["opened"] == [wanted] * locks)
            with self._lock:
                self.opened += locks

        return once

    def close(self) -> None:
        """Refuses where an opening is not on record."""
        asked = {"consent_ids": [self.body["consent_id"]]}
        listed = self.client(SENDER).post("/v1/disclosures", json=asked).raise_for_status().json()
        refuse_unless([line["kind"] for line in listed["disclosures"]].count("opened") == self.opened)
        for client in self.clients:
            client.close()


def refuse_unless(right: bool) -> None:
    if not right:
        raise SystemExit("refused: no figures from a wrong run")


def main() -> None:
    arguments = _arguments()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ledger-bench-")))
        server = stack.enter_context(running_postgres(durable=True))
        platform = Platform.at(folder / "home", from_environment().cache, arguments.ports)
        stack.callback(platform.down)
        platform.up(["kafka", "registry"])
        stack.enter_context(_echo())
        inserts = {"sqlite": _sqlite_insert(folder), "postgresql": _postgresql_insert(server)}
        urls = {
            "sqlite": f"sqlite:///{folder}/ledger.db",
            "postgresql": stack.enter_context(server.database()),
        }
        benches = {}
        for number, (kind, url) in enumerate(urls.items()):
            own = folder / kind
            own.mkdir()
            ledger = LedgerProcess(platform, own, arguments.ports + 38 + number, url)
            stack.callback(ledger.stop)
            ledger.start()
            benches[kind] = Bench(ledger)
        rounds = [_round(arguments, benches, inserts) for _ in range(arguments.rounds)]
        for bench in benches.values():
            bench.close()
    report = {kind: _against_the_limit([each[kind] for each in rounds], rounds) for kind in benches}
    told = {"bench": "B7 seal and open at the ledger", "count": arguments.count, "callers": arguments.callers}
    print(json.dumps({**told, "in_short": report, "rounds": rounds}, indent=2))


def _round(
    arguments: argparse.Namespace, benches: dict[str, Bench], inserts: dict[str, Act]
) -> dict[str, Any]:
    count = arguments.count
    found: dict[str, Any] = {"echo": _summary(_timed(_echo_post(), count))}
    for kind, bench in benches.items():
        found[kind] = {
            "durable_insert": _summary(_timed(inserts[kind], count)),
            "seal": _summary(_timed(bench.sealing(), count)),
            "open": _summary(_timed(bench.opening(), count)),
            f"seal_of_{BATCH}": _summary(_timed(bench.sealing(BATCH), count // 20)),
            f"open_of_{BATCH}": _summary(_timed(bench.opening(BATCH), count // 20)),
            "seal_per_s": _at_once(bench.sealing, arguments),
            "open_per_s": _at_once(bench.opening, arguments),
        }
    return found


def _against_the_limit(of_kind: list[dict[str, Any]], rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """Medians over the rounds, and each act's ratio to the limit of its own round."""
    pairs = list(zip(of_kind, rounds, strict=True))
    limits = [one["durable_insert"]["p50_ms"] + 3 * whole["echo"]["p50_ms"] for one, whole in pairs]
    told: dict[str, Any] = {"limit_ms": spread([round(limit, 2) for limit in limits])}
    for act in ("seal", "open"):
        ratios = [round(one[act]["p50_ms"] / limit, 3) for one, limit in zip(of_kind, limits, strict=True)]
        told[act] = {
            "p50_ms": spread([one[act]["p50_ms"] for one in of_kind])["median"],
            "p99_ms": spread([one[act]["p99_ms"] for one in of_kind])["median"],
            "per_s": spread([one[f"{act}_per_s"] for one in of_kind])["median"],
            f"batch_of_{BATCH}_p50_ms": spread([one[f"{act}_of_{BATCH}"]["p50_ms"] for one in of_kind])[
                "median"
            ],
            "of_the_limit": spread(ratios),
            "within_target": statistics.median(ratios) <= 1,
        }
    return told


@contextmanager
def _echo() -> Iterator[None]:
    echo = multiprocessing.get_context("spawn").Process(target=serve_echo, daemon=True)
    echo.start()
    _wait_for(f"http://127.0.0.1:{ECHO_PORT}/")
    try:
        yield
    finally:
        echo.terminate()


def serve_echo() -> None:
    """The least that a service of the same kit can do."""
    app = FastAPI()

    @app.post("/")
    async def echo(body: dict[str, object]) -> dict[str, object]:
        return body

    uvicorn.run(app, port=ECHO_PORT, log_level="error", access_log=False)


def _echo_post() -> Act:
    client = httpx.Client(trust_env=False)

    def once() -> None:
        answer = client.post(f"http://127.0.0.1:{ECHO_PORT}/", json={"a": "b"})
        refuse_unless(answer.json() == {"a": "b"})

    return once


def _at_once(make: Callable[[], Act], arguments: argparse.Namespace) -> float:
    """Acts a second by several callers."""
    each = arguments.count // arguments.callers
    acts = [make() for _ in range(arguments.callers)]
    for act in acts:
        act()
    callers = [threading.Thread(target=_repeat, args=(act, each)) for act in acts]
    started = time.perf_counter()
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    return round(each * len(callers) / (time.perf_counter() - started), 1)


def _repeat(act: Act, count: int) -> None:
    for _ in range(count):
        act()


def _timed(act: Act, count: int) -> list[float]:
    _repeat(act, min(WARM, count))
    times = []
    for _ in range(count):
        started = time.perf_counter()
        act()
        times.append((time.perf_counter() - started) * 1000)
    return times


def _summary(times: list[float]) -> dict[str, float]:
    return {"p50_ms": round(statistics.median(times), 2), "p99_ms": round(percentile(times, 0.99), 2)}


def _sqlite_insert(folder: Path) -> Act:
    connection = sqlite3.connect(folder / "insert.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE lines (number INTEGER PRIMARY KEY, line TEXT)")
    return lambda: connection.execute("INSERT INTO lines (line) VALUES ('opened')")


def _postgresql_insert(server: Postgres) -> Act:
    connection = psycopg.connect(f"host={server.folder} user=postgres", autocommit=True)
    connection.execute("CREATE TABLE lines (number BIGSERIAL PRIMARY KEY, line TEXT)")
    return lambda: connection.execute("INSERT INTO lines (line) VALUES ('opened')")


def _wait_for(url: str) -> None:
    while True:
        try:
            httpx.get(url, trust_env=False)
            return
        except httpx.TransportError:
            time.sleep(0.05)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--callers", type=int, default=8)
    parser.add_argument("--ports", type=int, default=31800, help="first of 40 free ports")
    return parser.parse_args()


if __name__ == "__main__":
    main()
