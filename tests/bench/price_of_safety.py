"""B11: what safety costs an offer, from when it was due to when the recipient's system has it.

`python tests/bench/price_of_safety.py [--count 60] [--rate 10] [--rounds 5]` brings up broker, registry,
ledger and router in a folder of its own, and two edges in this process. *Safe* is the exchange as it is:
asked of the policy, sealed, locked by the ledger, signed, verified, opened by the ledger, each on record.
*Plain* is the same edges, stores, router and topics with those steps taken out. Rounds are interleaved; the
ratio is taken within each pair of rounds. A record that is lost, doubled or changed is no figure, and so is a
safe round without its disclosures or a plain one with some. Connections are under TLS in both.
"""

import argparse
import json
import os
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from unittest.mock import patch

from bench_kit import percentile, spread
from edge_kit import NEEDS, offer_of
from real_edges import a_consent, reaches, real_edge, until

from exchange_command.places import from_environment
from exchange_command.platform import Platform
from participant_edge import asking, opening, outgoing, sealing, verification
from participant_edge.commands import OpenRecord
from participant_edge.delivery import Effect, Guard
from participant_edge.edge import Edge
from participant_edge.ledger_client import LedgerClient
from participant_edge.ledger_messages import ToLock, ToOpen, Unlocked
from referral_exchange import ids
from referral_exchange.signing import ProgrammeSigner

TARGET = 1.5
WARM = 10


class Desk:
    """The recipient's system: remembers when it was handed what."""

    guard: Guard = "conditional-create"
    opens = True

    def __init__(self) -> None:
        self.at: dict[str, float] = {}
        self.seen: Counter[str] = Counter()
        self._lock = threading.Lock()

    def deliver(self, effect: Effect) -> None:
        now = time.perf_counter()
        (part,) = effect.parts
        referral_id = str(getattr(effect.event, "referral_id", None))
        if part.record != NEEDS:
            raise SystemExit("refused: another record arrived than was sent")
        with self._lock:
            self.at[referral_id] = now
            self.seen[referral_id] += 1


@contextmanager
def plain() -> Iterator[None]:
    """Everything that keeps a secret or asks a permission, taken out of both edges."""

    def seal(record: OpenRecord, _scope: object, _key: bytes) -> sealing.Sealed:
        return sealing.Sealed(record.DATA_CLASS, b"", sealing._written(record))

    def open_sealed(sealed: sealing.Sealed, _scope: object, _key: object) -> OpenRecord:
        return sealing._read(sealed.ciphertext)

    def lock(_ledger: object, _signer: object, parts: list[ToLock], _trace: object = None) -> list[bytes]:
        return [part.data_class.encode() for part in parts]

    def unlock(
        _ledger: object, _signer: object, locks: list[ToOpen], _trace: object = None
    ) -> list[Unlocked]:
        return [Unlocked(each.lock.decode(), b"") for each in locks]

    changes: list[AbstractContextManager[object]] = [
        patch.object(outgoing, "seal", seal),
        patch.object(opening, "open_sealed", open_sealed),
        patch.object(verification, "verifies", lambda *_: True),
        patch.object(asking, "require", lambda *_: None),
        patch.object(LedgerClient, "seal", lock),
        patch.object(LedgerClient, "open", unlock),
        patch.object(LedgerClient, "check", lambda *_, **__: None),
        patch.object(ProgrammeSigner, "sign", lambda *_: bytes(64)),
    ]
    with ExitStack() as stack:
        for change in changes:
            stack.enter_context(change)
        yield


class Bench:
    """Two edges and the desk behind the second."""

    def __init__(self, sender: Edge, recipient: Edge, desk: Desk) -> None:
        self.sender, self.recipient, self.desk = sender, recipient, desk

    def round(self, count: int, rate: float, *, safe: bool) -> list[float]:
        """Milliseconds from due to delivered, one an offer."""
        with ThreadPoolExecutor(8) as pool:
            given = list(pool.map(lambda _: self.sender.give_consent(a_consent(), ids.fresh()), range(count)))
        consents = [each.consent_id for each in given]
        with nullcontext() if safe else plain():
            due = self._offer(consents, rate)
            until(lambda: all(each in self.desk.at for each in due), "every offer delivered", 60)
            # The other way of the next round begins when nothing of this one is under way.
            for referral_id in due:
                reaches(self.sender, referral_id, "received", 60)
        self._refuse_if_wrong(due, safe=safe)
        return [(self.desk.at[each] - at) * 1000 for each, at in due.items()]

    def _offer(self, consents: list[str], rate: float) -> dict[str, float]:
        started = time.perf_counter() + 0.2

        def post(n: int) -> tuple[str, float]:
            at = started + n / rate
            time.sleep(max(0.0, at - time.perf_counter()))
            return self.sender.offer(offer_of(consents[n]), ids.fresh()).referral_id, at

        with ThreadPoolExecutor(16) as pool:
            return dict(pool.map(post, range(len(consents))))

    def _refuse_if_wrong(self, due: dict[str, float], *, safe: bool) -> None:
        if any(self.desk.seen[each] != 1 for each in due):
            raise SystemExit("refused: an offer was delivered twice")
        wanted = {"sealed", "opened"} if safe else set()
        for referral_id in (min(due), max(due)):
            kinds = {line.kind for line in self.sender.disclosures(referral_id)}
            if kinds & {"sealed", "opened"} != wanted:
                raise SystemExit(f"refused: on record are {sorted(kinds)}")


def measure(bench: Bench, arguments: argparse.Namespace) -> dict[str, object]:
    """The report."""
    for safe in (True, False):
        bench.round(WARM, arguments.rate, safe=safe)
    rounds = []
    for number in range(arguments.rounds):
        # Whoever comes first in one round comes second in the next.
        order = (False, True) if number % 2 == 0 else (True, False)
        told = {safe: bench.round(arguments.count, arguments.rate, safe=safe) for safe in order}
        medians = {safe: statistics.median(times) for safe, times in told.items()}
        p99 = {safe: percentile(times, 0.99) for safe, times in told.items()}
        rounds.append(
            {
                "plain_p50_ms": round(medians[False], 1),
                "safe_p50_ms": round(medians[True], 1),
                "plain_p99_ms": round(p99[False], 1),
                "safe_p99_ms": round(p99[True], 1),
                "ratio_of_medians": round(medians[True] / medians[False], 3),
            }
        )
    ratio = spread([each["ratio_of_medians"] for each in rounds])
    return {
        "bench": "B11 price of safety",
        "offers_a_round": arguments.count,
        "rate_per_s": arguments.rate,
        "rounds": rounds,
        "ratio": ratio,
        "target": TARGET,
        "within_target": ratio["median"] <= TARGET,
    }


def main() -> None:
    """Brings all up, measures, takes all down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--rate", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ports", type=int, default=31600, help="first of 40 free ports")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="safety-bench-")))
        platform = Platform.at(folder / "home", from_environment().cache, arguments.ports)
        stack.callback(platform.down)
        platform.up(["kafka", "registry", "consent_ledger", "referral_router"])
        if len(os.sched_getaffinity(0)) > 1:
            os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[1:]))
        desk = Desk()
        sender = real_edge(platform, "lantern-outreach", folder)
        stack.callback(sender.stop)
        recipient = real_edge(platform, "harbor-house", folder, desk)
        stack.callback(recipient.stop)
        report = measure(Bench(sender, recipient, desk), arguments)
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
