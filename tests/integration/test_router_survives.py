"""The router as a process, killed where it hurts, and its broker too: nothing lost, nothing twice."""

import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cases import PARTITIONS, Case, offered
from router_kit import Exchange, RouterProcess, wait

from exchange_command import probes
from exchange_command.platform import Platform
from referral_exchange.runtime import clients
from referral_exchange.runtime.tail import Partition
from referral_exchange.topics import inbox, outbox, partition_of
from referral_router import hanging
from referral_router.inputs import GROUP

OFFERS = 30
LASTS_S = 8
"""How long the transaction may last that a broker dies over."""


@pytest.fixture(scope="module")
def exchange(platform: Platform) -> Exchange:
    return Exchange(platform)


@pytest.fixture
def start(
    exchange: Exchange, tmp_path: Path, new_port_base: Callable[[], int]
) -> Iterator[Callable[..., RouterProcess]]:
    """Starts router processes, one after the other; none outlives the test."""
    running: list[RouterProcess] = []

    def one(fault: str | None = None) -> RouterProcess:
        running.append(RouterProcess(exchange, tmp_path, port, fault))
        return running[-1]

    port = new_port_base() + 12
    yield one
    for process in running:
        process.end()


def some_cases(exchange: Exchange) -> list[Case]:
    """As many referrals, all consented, between two new desks."""
    sender, recipient = exchange.desk("lantern"), exchange.desk("harbor")
    cases = [Case(sender, recipient) for _ in range(OFFERS)]
    for case in cases:
        exchange.give(case)
    return cases


def arrived(exchange: Exchange, case: Case) -> Counter[str]:
    """How often each referral was committed to the inbox of its recipient."""
    return Counter((m.key or b"").decode() for m in exchange.read(inbox(case.recipient.participant)))


def members(exchange: Exchange) -> list[object]:
    """Who holds the router's leases now."""
    (group,) = exchange.tools.admin.describe_consumer_groups([GROUP]).values()
    return list(group.result(10).members)


def sleep() -> None:
    time.sleep(0.1)


@pytest.mark.parametrize(
    "fault",
    ["router:after-produce-before-commit@4", "router:after-commit-before-poll@4"],
)
def test_killed_between_two_steps_it_loses_nothing_and_sends_nothing_twice(
    exchange: Exchange, start: Callable[..., RouterProcess], fault: str
) -> None:
    cases = some_cases(exchange)
    doomed = start(fault)
    for case in cases:
        if not doomed.dead():
            exchange.send(case.sender, offered(case))
            time.sleep(0.02)
    wait(doomed.dead, sleep)
    assert doomed.end() == -signal.SIGKILL
    left = [case for case in cases if case.referral_id not in sent(exchange, case)]
    for case in left:
        exchange.send(case.sender, offered(case))
    start()
    everyone = Counter(case.referral_id for case in cases)
    wait(lambda: arrived(exchange, cases[0]).keys() == everyone.keys(), sleep)
    assert arrived(exchange, cases[0]) == everyone


def sent(exchange: Exchange, case: Case) -> set[str]:
    return {(m.key or b"").decode() for m in exchange.read(outbox(case.sender.participant))}


def test_killed_at_any_time_it_comes_back_to_the_same_partitions_and_goes_on(
    exchange: Exchange, start: Callable[..., RouterProcess]
) -> None:
    cases = some_cases(exchange)
    router = start()
    wait(lambda: router.ready() is not None, sleep)
    for number, case in enumerate(cases):
        exchange.send(case.sender, offered(case))
        if number % 10 == 9:
            router.end()
            router = start()
    everyone = Counter(case.referral_id for case in cases)
    wait(lambda: arrived(exchange, cases[0]).keys() == everyone.keys(), sleep)
    assert arrived(exchange, cases[0]) == everyone
    began = time.monotonic()
    wait(lambda: router.ready() is not None, sleep)
    assert time.monotonic() - began < 20


def test_asleep_for_longer_than_its_session_it_wakes_up_fenced_and_joins_again(
    exchange: Exchange, start: Callable[..., RouterProcess]
) -> None:
    cases = some_cases(exchange)
    router = start()
    wait(lambda: router.ready() is not None, sleep)
    for case in cases[:10]:
        exchange.send(case.sender, offered(case))
    router.process.send_signal(signal.SIGSTOP)
    for case in cases[10:]:
        exchange.send(case.sender, offered(case))
    wait(lambda: not members(exchange), sleep)  # its session ended
    router.process.send_signal(signal.SIGCONT)
    everyone = Counter(case.referral_id for case in cases)
    wait(lambda: arrived(exchange, cases[0]).keys() == everyone.keys(), sleep)
    assert arrived(exchange, cases[0]) == everyone
    assert not router.dead()


def test_told_to_stop_it_finishes_and_says_goodbye(
    exchange: Exchange, start: Callable[..., RouterProcess]
) -> None:
    router = start()
    wait(lambda: router.ready() is not None, sleep)
    page = router.ready()
    assert page is not None
    assert page["last_tick_age_s"] < 60
    assert all(p["restored"] and p["stalled"] == [] for p in page["partitions"].values())
    assert router.end(signal.SIGTERM) == 0


def test_the_broker_is_killed_under_it_and_every_acknowledged_offer_arrives_once(
    exchange: Exchange, platform: Platform, start: Callable[..., RouterProcess]
) -> None:
    cases = some_cases(exchange)
    router = start()
    wait(lambda: router.ready() is not None, sleep)
    for number, case in enumerate(cases):
        if number == OFFERS // 2:
            platform.stop("kafka", signal.SIGKILL)
            wait(lambda: not probes.listens(platform.places.port("kafka")), sleep)
            platform.start("kafka")
        exchange.send(case.sender, offered(case))
    everyone = Counter(case.referral_id for case in cases)
    wait(lambda: arrived(exchange, cases[0]).keys() == everyone.keys(), sleep, 120)
    assert arrived(exchange, cases[0]) == everyone
    assert not router.dead()
    wait(lambda: router.ready() is not None, sleep)


def test_what_a_broker_left_open_ends_with_the_takeover_and_delays_nobody(
    exchange: Exchange, platform: Platform, start: Callable[..., RouterProcess]
) -> None:
    case = some_cases(exchange)[0]
    number, box = partition_of(case.referral_id, PARTITIONS), inbox(case.recipient.participant)
    places = [Partition("referral-records", number), Partition(box, 0)]
    dying = clients.transactional_producer(
        exchange.kafka, f"router-{number}", timeout_s=LASTS_S, on_error=lambda error: None
    )
    dying.init_transactions(30)
    dying.begin_transaction()
    for place in places:
        dying.produce(place.topic, None, "nothing", place.number)
    assert dying.flush(30) == 0
    over = time.monotonic() + LASTS_S
    platform.stop("kafka", signal.SIGKILL)
    wait(lambda: time.monotonic() > over, sleep)
    platform.start("kafka")
    # Its transaction ran out meanwhile. Mostly the broker calls it over and its marker is missing for ever;
    # where it started slowly enough, it ends it. Either way nobody waits behind it.
    exchange.send(case.sender, offered(case))
    start()
    wait(lambda: case.referral_id in arrived(exchange, case), sleep)
    assert hanging.held_back(exchange.admin, places, 30) == []
