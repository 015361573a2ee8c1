"""POST at the sender's bridge to delivered at the recipient's edge: open loop, on a running demo network.

`python tests/bench/bridge_latency.py [--count 500] [--rate 20] [--json]` after `exchange up`.
A request is sent at its scheduled time whether or not the one before has been answered, so a stall
counts against every request that it delays.
"""

import argparse
import json
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import httpx

from exchange_command import sign_in_seed
from exchange_command.console import platform_here
from exchange_command.demo.ngo import Ngo
from exchange_command.demo.stories import load_stories
from exchange_command.demo.waiting import until
from exchange_command.platform import Platform


def main() -> None:
    arguments = _arguments()
    platform = platform_here()
    sender, recipient = (_ngo(platform, name) for name in ("lantern-outreach", "meadow-collective"))
    story = load_stories()["farm"]
    consents = [sender.consent(story, story.recipient) for _ in range(arguments.count)]
    started = time.time() + 0.5
    due = [started + n / arguments.rate for n in range(arguments.count)]

    def post(n: int) -> tuple[str, float]:
        time.sleep(max(0.0, due[n] - time.time()))
        return sender.offer(story, consents[n]["consent_id"])["referral_id"], due[n]

    with ThreadPoolExecutor(32) as pool:
        sent = dict(pool.map(post, range(arguments.count)))
    answered = time.time()
    arrived = until(lambda: _arrivals(recipient, sent), 60, "every offer delivered")
    latencies = sorted((arrived[i] - at) * 1000 for i, at in sent.items())
    print(json.dumps(_report(latencies, arguments, answered - started)))


def _arrivals(recipient: Ngo, sent: dict[str, float]) -> dict[str, float] | None:
    ours = (e for e in recipient.inbox() if e["referral_id"] in sent and e["delivered_at"])
    offers = [e for e in ours if e["event"].startswith("ReferralOffered")]
    if len(offers) < len(sent):
        return None
    if len(offers) > len(sent):
        raise SystemExit("an offer was delivered twice: no figures from a wrong run")
    return {e["referral_id"]: datetime.fromisoformat(e["delivered_at"]).timestamp() for e in offers}


def _report(latencies: list[float], arguments: argparse.Namespace, took: float) -> dict[str, float]:
    cuts = statistics.quantiles(latencies, n=100, method="inclusive")
    return {
        "count": len(latencies),
        "rate_asked_per_s": arguments.rate,
        "rate_seen_per_s": round(len(latencies) / took, 1),
        "p50_ms": round(cuts[49], 1),
        "p99_ms": round(cuts[98], 1),
        "max_ms": round(latencies[-1], 1),
    }


def _ngo(platform: Platform, participant: str) -> Ngo:
    names = [listed.id for listed in platform.network.with_bridges]
    address = platform.places.bridge_address(names.index(participant))
    limits = httpx.Limits(max_connections=64)
    headers = sign_in_seed.bearer(platform.places, participant)
    http = httpx.Client(base_url=address, timeout=30, limits=limits, trust_env=False, headers=headers)
    return Ngo(participant, http)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--rate", type=float, default=20)
    return parser.parse_args()


if __name__ == "__main__":
    main()
