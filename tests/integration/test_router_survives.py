"""The router as a process, killed where it hurts, and its broker too: nothing lost, nothing twice."""

import signal
import struct
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cases import PARTITIONS, Case, offered
from confluent_kafka import Producer
from router_kit import Exchange, RouterProcess, wait

from exchange_command import probes
from exchange_command.platform import Platform
from referral_exchange.runtime import clients
from referral_exchange.runtime.tail import Partition
from referral_exchange.topics import inbox, outbox, partition_of
from referral_router import hanging
from referral_router.inputs import GROUP

OFFERS = 30

_BEFORE_LENGTH = struct.Struct(">qi")
"""A batch begins with its first offset and the number of bytes that follow."""
_ATTRIBUTES, _ATTRIBUTES_AT, _IS_CONTROL = struct.Struct(">h"), 21, 0x20


@pytest.fixture(scope="module")
def exchange(platform: Platform) -> Exchange:
    return Exchange(platform)


class Routers:
    """Router processes, one after the other; who needs one at work takes what the test before left."""

    def __init__(self, exchange: Exchange, folder: Path, port: int) -> None:
        self._exchange, self._folder, self._port = exchange, folder, port
        self._newest: RouterProcess | None = None
        self._doomed = False

    def start(self, fault: str | None = None) -> RouterProcess:
        """Another one. `fault`: where it is to kill itself."""
        self.end()
        self._newest = RouterProcess(self._exchange, self._folder, self._port, fault)
        self._doomed = fault is not None
        return self._newest

    def at_work(self) -> RouterProcess:
        """One that is ready and will live."""
        left = self._newest
        router = self.start() if left is None or left.dead() or self._doomed else left
        wait(lambda: router.ready() is not None, sleep)
        return router

    def end(self) -> None:
        """Kills the one that runs."""
        if self._newest is not None:
            self._newest.end()


@pytest.fixture(scope="module")
def routers(
    exchange: Exchange, tmp_path_factory: pytest.TempPathFactory, new_port_base: Callable[[], int]
) -> Iterator[Routers]:
    """None of them outlives the module."""
    one = Routers(exchange, tmp_path_factory.mktemp("routers"), new_port_base() + 12)
    yield one
    one.end()


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
    exchange: Exchange, routers: Routers, fault: str
) -> None:
    cases = some_cases(exchange)
    doomed = routers.start(fault)
    for case in cases:
        if not doomed.dead():
            exchange.send(case.sender, offered(case))
            time.sleep(0.02)
    wait(doomed.dead, sleep)
    assert doomed.end() == -signal.SIGKILL
    left = [case for case in cases if case.referral_id not in sent(exchange, case)]
    for case in left:
        exchange.send(case.sender, offered(case))
    routers.start()
    everyone = Counter(case.referral_id for case in cases)
    wait(lambda: arrived(exchange, cases[0]).keys() == everyone.keys(), sleep)
    assert arrived(exchange, cases[0]) == everyone


def sent(exchange: Exchange, case: Case) -> set[str]:
    return {(m.key or b"").decode() for m in exchange.read(outbox(case.sender.participant))}


def test_killed_at_any_time_it_comes_back_to_the_same_partitions_and_goes_on(
    exchange: Exchange, routers: Routers
) -> None:
    cases = some_cases(exchange)
    router = routers.at_work()
    for number, case in enumerate(cases):
        exchange.send(case.sender, offered(case))
        if number % 10 == 9:
            router = routers.start()
    everyone = Counter(case.referral_id for case in cases)
    wait(lambda: arrived(exchange, cases[0]).keys() == everyone.keys(), sleep)
    assert arrived(exchange, cases[0]) == everyone
    began = time.monotonic()
    wait(lambda: router.ready() is not None, sleep)
    assert time.monotonic() - began < 20


def test_asleep_for_longer_than_its_session_it_wakes_up_fenced_and_joins_again(
    exchange: Exchange, routers: Routers
) -> None:
    cases = some_cases(exchange)
    router = routers.at_work()
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


def test_told_to_stop_it_finishes_and_says_goodbye(routers: Routers) -> None:
    router = routers.at_work()
    page = router.ready()
    assert page is not None
    assert page["last_tick_age_s"] < 60
    assert all(p["restored"] and p["stalled"] == [] for p in page["partitions"].values())
    assert router.end(signal.SIGTERM) == 0


def test_the_broker_is_killed_under_it_and_every_acknowledged_offer_arrives_once(
    exchange: Exchange, platform: Platform, routers: Routers
) -> None:
    cases = some_cases(exchange)
    router = routers.at_work()
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
    exchange: Exchange, platform: Platform, routers: Routers
) -> None:
    """A broker that was away for too long calls a transaction over, and mostly loses its markers.

    Only mostly, so they are taken away here: the same log, every time.
    """
    routers.end()
    case = some_cases(exchange)[0]
    number, box = partition_of(case.referral_id, PARTITIONS), inbox(case.recipient.participant)
    places = [Partition("referral-records", number), Partition(box, 0)]
    dying = transactions_of(exchange, number)
    dying.begin_transaction()
    for place in places:
        dying.produce(place.topic, None, "nothing", place.number)
    assert dying.flush(30) == 0
    dying.abort_transaction(30)
    transactions_of(exchange, number)  # let in once the one before is over and its markers stand
    platform.stop("kafka", signal.SIGKILL)
    for place in places:
        lose_the_marker(platform.places.data("kafka") / "log" / f"{place.topic}-{place.number}")
    platform.start("kafka")
    assert hanging.held_back(exchange.admin, places, 30) == places
    exchange.send(case.sender, offered(case))
    routers.start()
    wait(lambda: case.referral_id in arrived(exchange, case), sleep)
    assert hanging.held_back(exchange.admin, places, 30) == []


def transactions_of(exchange: Exchange, number: int) -> Producer:
    """A producer under the name of the owner of that partition."""
    made = clients.transactional_producer(
        exchange.kafka, f"router-{number}", timeout_s=30, on_error=lambda error: None
    )
    made.init_transactions(30)
    return made


def lose_the_marker(folder: Path) -> None:
    """Cuts the last batch, which must be the mark of a transaction's end, from the log of one partition."""
    log = max(folder.glob("*.log"))
    held, last, end = log.read_bytes(), 0, 0
    while end < len(held):
        last, end = end, end + _BEFORE_LENGTH.size + _BEFORE_LENGTH.unpack_from(held, end)[1]
    assert _ATTRIBUTES.unpack_from(held, last + _ATTRIBUTES_AT)[0] & _IS_CONTROL
    with log.open("r+b") as file:
        file.truncate(last)
