"""B1: referrals a second through the router, against raw consume and produce of the same bytes, same run.

`python tests/bench/router_bench.py [--referrals 10000] [--rounds 5] [--json]` brings a broker and registry up
in a folder of its own; where there are two cores, one for the broker and one for the client. Every referral
is real: its consents were given, the offer is about 900 bytes with headers, and its record, inbox, progress
and offsets are written in one transaction. Rounds are interleaved; a missing or doubled output is no figure.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil
from cases import PARTITIONS, Case, Desk, given, offered
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import NewTopic
from router_kit import Exchange, settle, stepping

from exchange_command.places import from_environment
from exchange_command.platform import Platform
from referral_exchange import ids
from referral_exchange.message import Envelope, Signer, headers
from referral_exchange.runtime import clients
from referral_exchange.runtime.tail import Partition
from referral_exchange.topics import inbox, outbox, partition_of
from referral_router.app import spare_the_collector
from referral_router.router import Router

PARTITION = 0
BATCH = 1000
RAW = "bench-raw"
WARM_S = 1.0


class Bench:
    """Two desks, one partition, and the two ways for their offers."""

    def __init__(self, exchange: Exchange, router: Router) -> None:
        self.exchange = exchange
        self.router = router
        self.task = router.tasks[PARTITION]
        self.sender, self.recipient = exchange.desk("bench-out"), exchange.desk("bench-in")
        self.source = Partition(outbox(self.sender.participant), PARTITION)
        settle(router, lambda: self.source in self.task.committed)
        exchange.admin.create_topics([NewTopic(RAW, 3, 1)])[RAW].result()
        self.raw_producer = clients.transactional_producer(
            exchange.kafka, RAW, timeout_s=30, on_error=lambda _: None
        )
        self.raw_producer.init_transactions(30)

    def prefill(self, count: int) -> int:
        """Consents, heard; then `count` offers, waiting. Returns where they begin."""
        cases = [_case(self.sender, self.recipient) for _ in range(count)]
        for one in cases:
            for fact in given(one):
                self._write("consents", self.exchange.ledger, fact.consent_id, fact)
        self.exchange.producer.flush()
        known = len(self.task.records) + count
        while len(self.task.records) < known:
            self.task.step(0.1)
        begin = self.task.committed[self.source]
        for one in cases:
            self._write(self.source.topic, self.sender.signer, one.referral_id, offered(one))
        self.exchange.producer.flush()
        return begin

    def ours(self, begin: int, count: int) -> float:
        """Seconds for the offers through the router."""
        time.sleep(WARM_S)  # both ways begin with what their client has fetched ahead
        began = time.perf_counter()
        while self.task.committed[self.source] < begin + count:
            self.task.step(0.05)
        return time.perf_counter() - began

    def raw(self, begin: int, count: int) -> float:
        """Seconds for the same bytes, consumed a thousand at a time and produced, in such transactions."""
        return self._raw(begin, count, [])

    def raw_all(self, begin: int, count: int) -> float:
        """The same, and with each offer as many bytes more as the router writes into progress and record."""
        sizes = [
            len(self.exchange.read(topic)[-1].value or b"")
            for topic in ("referral-progress", "referral-records")
        ]
        return self._raw(begin, count, [os.urandom(size) for size in sizes])

    def _raw(self, begin: int, count: int, more: list[bytes]) -> float:
        consumer = clients.consumer(self.exchange.kafka, RAW)
        consumer.assign([TopicPartition(*self.source, begin)])
        time.sleep(WARM_S)
        try:
            began = time.perf_counter()
            self._pump(consumer, count, more)
            return time.perf_counter() - began
        finally:
            consumer.close()

    def check(self, rounds: int, count: int) -> None:
        """Each offer once in the inbox and once in the raw topic, and no other. Raises SystemExit."""
        offers = {m.key for m in self.exchange.read(self.source.topic)}
        for topic in (inbox(self.recipient.participant), RAW):
            keys = Counter(m.key for m in self.exchange.read(topic) if m.partition.number == 0)
            copies = 1 if topic != RAW else 2  # both raw ways write there
            if keys.keys() != offers or set(keys.values()) != {copies} or len(keys) != rounds * count:
                raise SystemExit(f"{topic}: not each offer exactly {copies} times: no figure")

    def _pump(self, consumer: Consumer, count: int, more: list[bytes]) -> None:
        producer, left = self.raw_producer, count
        while left > 0:
            batch = [m for m in consumer.consume(min(BATCH, left), 1.0) if m.error() is None]
            producer.begin_transaction()
            for m in batch:
                producer.produce(RAW, key=m.key(), value=m.value(), headers=m.headers(), partition=0)
            for number, value in enumerate(more, 1):
                for m in batch:
                    producer.produce(RAW, key=m.key(), value=value, partition=number)
            producer.flush()
            offset = TopicPartition(*self.source, batch[-1].offset() + 1)
            producer.send_offsets_to_transaction([offset], consumer.consumer_group_metadata())
            producer.commit_transaction()
            left -= len(batch)

    def _write(self, topic: str, signer: Signer, key: str, event: object) -> None:
        value = self.exchange.codec.encode(event)  # type: ignore[arg-type]
        about = Envelope(event.RECORD, event.event_id, event.occurred_at, key, event.programme_to)  # type: ignore[attr-defined]
        named = [*headers(about, value, signer).items()]
        while True:
            try:
                self.exchange.producer.produce(
                    topic, key=key, value=value, headers=named, partition=PARTITION
                )
                return
            except BufferError:
                self.exchange.producer.poll(0.1)


def measure(exchange: Exchange, referrals: int, rounds: int) -> dict[str, object]:
    """A warm-up round, then `rounds`, each both ways, first one then the other."""
    with stepping(exchange, tick_s=10.0) as router:
        bench = Bench(exchange, router)
        ways: dict[str, Callable[[int, int], float]] = {
            "router": bench.ours,
            "raw": bench.raw,
            "raw_all": bench.raw_all,
        }
        rates: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(rounds + 1):
            begin = bench.prefill(referrals)
            names = list(reversed(ways)) if number % 2 else list(ways)
            for name in names:
                rates[name].append(referrals / ways[name](begin, referrals))
        bench.check(rounds + 1, referrals)
    kept = {name: rate[1:] for name, rate in rates.items()}
    return {
        "name": "B1",
        "referrals_a_round": referrals,
        "rounds": rounds,
        **{f"{name}_per_s": round(statistics.median(rate)) for name, rate in kept.items()},
        "ratio_to_raw": _ratio(kept["router"], kept["raw"]),
        "ratio_to_raw_with_all_outputs": _ratio(kept["router"], kept["raw_all"]),
        "outputs_checked": (rounds + 1) * referrals,
    }


def _ratio(ours: list[float], limit: list[float]) -> dict[str, float]:
    ratios = sorted(a / b for a, b in zip(ours, limit, strict=True))
    return {
        "median": round(statistics.median(ratios), 3),
        "least": round(ratios[0], 3),
        "most": round(ratios[-1], 3),
    }


def main() -> None:
    """Runs the benchmark on a platform of its own."""
    parser = argparse.ArgumentParser(description="B1: referrals a second through the router")
    parser.add_argument("--referrals", type=int, default=10_000, help="offers in each round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--port-base", type=int, default=23500)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        platform = Platform.at(Path(home), from_environment().cache, arguments.port_base)
        try:
            platform.up(["kafka", "registry"])
            _part_the_cores(platform)
            spare_the_collector()
            report = measure(Exchange(platform), arguments.referrals, arguments.rounds)
        finally:
            platform.down()
    print(json.dumps(report) if arguments.json else "\n".join(f"{k}: {v}" for k, v in report.items()))


def _case(sender: Desk, recipient: Desk) -> Case:
    while True:
        one = Case(sender, recipient, ids.fresh())
        if partition_of(one.referral_id, PARTITIONS) == PARTITION:
            return one


def _part_the_cores(platform: Platform) -> None:
    if len(os.sched_getaffinity(0)) < 2:
        return
    first, second, *_ = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {second})
    broker = next(process.pid for process in platform.status() if process.name == "kafka")
    for thread in psutil.Process(broker).threads():
        os.sched_setaffinity(thread.id, {first})


if __name__ == "__main__":
    main()
