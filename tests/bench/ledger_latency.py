"""Seal and open over HTTP, against a bare echo and a bare durable insert on the same machine.

`python tests/bench/ledger_latency.py --keys <folder> [--url ...] [--count 500] [--callers 8]` against a
running ledger of the demo network. One caller for the times, several for what fits in a second.
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
from collections.abc import Callable
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI

from referral_exchange.http_signature import SignedAs
from referral_exchange.signing import load_signer

sys.path.insert(0, str(Path(__file__).parents[1] / "kit"))
from ledger_process import RECIPIENT, SENDER, a_consent

ECHO_PORT = 20899
Post = Callable[[], httpx.Response]


def main() -> None:
    arguments = _arguments()
    report: dict[str, object] = {"count": arguments.count, "callers": arguments.callers}
    with tempfile.TemporaryDirectory(dir=arguments.keys.parent) as same_disk:
        report["durable_insert"] = _summary(_timed(_insert(Path(same_disk)), arguments.count))
    spawn = multiprocessing.get_context("spawn")
    echo = spawn.Process(target=serve_echo, daemon=True)
    echo.start()
    _wait_for(f"http://127.0.0.1:{ECHO_PORT}/")
    report["echo"] = _measured(arguments, _echo_post)
    echo.terminate()
    body, lock = _prepared(arguments)
    report["seal"] = _measured(arguments, lambda: _seal_post(arguments, body))
    report["open"] = _measured(arguments, lambda: _open_post(arguments, body, lock))
    print(json.dumps(report, indent=2))


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
    return {**_summary(times), "per_s_concurrent": round(each * len(callers) / took, 1)}


def _checked(post: Post) -> Callable[[], None]:
    def once() -> None:
        if post().status_code != 200:
            raise SystemExit("refused: no figures from a wrong run")

    return once


def _timed(act: Callable[[], object], count: int) -> list[float]:
    for _ in range(20):
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


def _insert(folder: Path) -> Callable[[], object]:
    connection = sqlite3.connect(folder / "insert.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE lines (number INTEGER PRIMARY KEY, line TEXT)")
    return lambda: connection.execute("INSERT INTO lines (line) VALUES ('opened')")


def _echo_post() -> Post:
    client = httpx.Client(trust_env=False)
    return lambda: client.post(f"http://127.0.0.1:{ECHO_PORT}/", json={"a": "b"})


def _client(arguments: argparse.Namespace, programme: str) -> httpx.Client:
    signer = load_signer(arguments.keys, programme)
    return httpx.Client(base_url=arguments.url, auth=SignedAs(signer), timeout=30, trust_env=False)


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
    parser.add_argument("--url", default="http://127.0.0.1:21010")
    parser.add_argument("--keys", type=Path, required=True, help="folder of the programmes' keys")
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--callers", type=int, default=8)
    return parser.parse_args()


if __name__ == "__main__":
    main()
