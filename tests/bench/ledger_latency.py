"""Seal and open over HTTP on SQLite and on PostgreSQL, beside a bare echo and a bare durable insert.

`python tests/bench/ledger_latency.py [--count 500] [--callers 8] [--ports 31800]` brings up a broker and
registry of its own for the time it runs, and a ledger on each kind of database in turn, twice, so that a
machine that slows down slows both. One caller for the times, several for what fits in a second.
"""

import argparse
import json
import multiprocessing
import sqlite3
import statistics
import sys
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
from fastapi import FastAPI

from exchange_command.places import from_environment
from exchange_command.platform import Platform
from referral_exchange.http_signature import SignedAs
from referral_exchange.runtime.tls import client_context
from referral_exchange.signing import load_signer

sys.path.insert(0, str(Path(__file__).parents[1] / "kit"))
from database_kit import Postgres, running_postgres
from ledger_process import RECIPIENT, SENDER, LedgerProcess, a_consent

ECHO_PORT = 20899
ROUNDS = 2
WARM = 20
Post = Callable[[], httpx.Response]


def main() -> None:
    arguments = _arguments()
    report: dict[str, Any] = {"count": arguments.count, "callers": arguments.callers}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ledger-bench-")))
        server = stack.enter_context(running_postgres(durable=True))
        platform = Platform.at(folder / "home", from_environment().cache, arguments.ports)
        stack.callback(platform.down)
        platform.up(["kafka", "registry"])
        report["durable_insert"] = {
            "sqlite": _summary(_timed(_sqlite_insert(folder), arguments.count)),
            "postgresql": _summary(_timed(_postgresql_insert(server), arguments.count)),
        }
        with _echo():
            report["echo"] = _measured(arguments, _echo_post)
        with server.database() as url:
            urls = {"sqlite": f"sqlite:///{folder}/ledger.db", "postgresql": url}
            for kind, address in [*urls.items()] * ROUNDS:
                ledger = LedgerProcess(platform, folder, arguments.ports + 38, address)
                arguments.url, arguments.keys, arguments.tls = ledger.url, platform.places.keys, ledger.tls
                report.setdefault(kind, []).append(_of(ledger, arguments))
    print(json.dumps(report, indent=2))


def _of(ledger: LedgerProcess, arguments: argparse.Namespace) -> dict[str, object]:
    ledger.start()
    try:
        body, lock = _prepared(arguments)
        return {
            "seal": _measured(arguments, lambda: _seal_post(arguments, body)),
            "open": _measured(arguments, lambda: _open_post(arguments, body, lock)),
        }
    finally:
        ledger.stop()


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


def _measured(arguments: argparse.Namespace, make: Callable[[], Post]) -> dict[str, float]:
    times = _timed(_checked(make()), arguments.count)
    started = time.perf_counter()
    each = arguments.count // arguments.callers
    callers = [
        threading.Thread(target=_timed, args=(_checked(make()), each)) for _ in range(arguments.callers)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    took = time.perf_counter() - started
    return {**_summary(times), "per_s_concurrent": round((each + WARM) * len(callers) / took, 1)}


def _checked(post: Post) -> Callable[[], None]:
    def once() -> None:
        if post().status_code != 200:
            raise SystemExit("refused: no figures from a wrong run")

    return once


def _timed(act: Callable[[], object], count: int) -> list[float]:
    for _ in range(WARM):
        act()
    times = []
    for _ in range(count):
        started = time.perf_counter()
        act()
        times.append((time.perf_counter() - started) * 1000)
    return times


def _summary(times: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    return {
        "p50_ms": round(cuts[49], 2),
        "p99_ms": round(cuts[98], 2),
        "per_s_one_caller": round(1000 / statistics.mean(times), 1),
    }


def _sqlite_insert(folder: Path) -> Callable[[], object]:
    connection = sqlite3.connect(folder / "insert.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE lines (number INTEGER PRIMARY KEY, line TEXT)")
    return lambda: connection.execute("INSERT INTO lines (line) VALUES ('opened')")


def _postgresql_insert(server: Postgres) -> Callable[[], object]:
    connection = psycopg.connect(f"host={server.folder} user=postgres", autocommit=True)
    connection.execute("CREATE TABLE lines (number BIGSERIAL PRIMARY KEY, line TEXT)")
    return lambda: connection.execute("INSERT INTO lines (line) VALUES ('opened')")


def _echo_post() -> Post:
    client = httpx.Client(trust_env=False)
    return lambda: client.post(f"http://127.0.0.1:{ECHO_PORT}/", json={"a": "b"})


def _client(arguments: argparse.Namespace, programme: str) -> httpx.Client:
    signer = load_signer(arguments.keys, programme)
    own = client_context(arguments.tls(programme))
    return httpx.Client(
        base_url=arguments.url, auth=SignedAs(signer), timeout=30, trust_env=False, verify=own
    )


def _prepared(arguments: argparse.Namespace) -> tuple[dict[str, object], str]:
    body = a_consent()
    with _client(arguments, SENDER) as client:
        client.post("/v1/consents", json=body).raise_for_status()
        sealed = client.post("/v1/seal", json={"parts": [_part(body)]}).raise_for_status()
    return body, sealed.json()["locks"][0]


def _part(body: dict[str, object]) -> dict[str, object]:
    named = {name: body[name] for name in ("consent_id", "referral_id", "recipient")}
    return {**named, "data_class": "identity", "blob": "A" * 108}


def _seal_post(arguments: argparse.Namespace, body: dict[str, object]) -> Post:
    client, asked = _client(arguments, SENDER), {"parts": [_part(body)]}
    return lambda: client.post("/v1/seal", json=asked)


def _open_post(arguments: argparse.Namespace, body: dict[str, object], lock: str) -> Post:
    client = _client(arguments, RECIPIENT)
    asked = {"locks": [{"consent_id": body["consent_id"], "referral_id": body["referral_id"], "lock": lock}]}
    return lambda: client.post("/v1/open", json=asked)


def _wait_for(url: str) -> None:
    while True:
        try:
            httpx.get(url, trust_env=False)
            return
        except httpx.TransportError:
            time.sleep(0.05)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--callers", type=int, default=8)
    parser.add_argument("--ports", type=int, default=31800, help="first of 40 free ports")
    return parser.parse_args()


if __name__ == "__main__":
    main()
