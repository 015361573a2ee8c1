"""Who owns a partition: fencing, sharing, restoring to the true end, and what a takeover tells again."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from cases import PARTITIONS, Case, answered, offered, received, withdrawn
from router_kit import Exchange, settle, stepping, wait

from exchange_command.platform import Platform
from referral_exchange import ids
from referral_exchange.events import ClockElapsed
from referral_exchange.runtime import clients
from referral_exchange.runtime.tail import EndNotReached
from referral_router.lease import LeaseLost
from referral_router.restore import restored
from referral_router.router import Router


@pytest.fixture(scope="module")
def exchange(platform: Platform) -> Exchange:
    return Exchange(platform)


@pytest.fixture
def case(exchange: Exchange) -> Case:
    made = Case(exchange.desk("lantern"), exchange.desk("harbor"))
    exchange.give(made)
    return made


def fingerprints(router: Router, exchange: Exchange) -> dict[int, str]:
    return {n: task.records.fingerprint(exchange.tools.wire) for n, task in router.tasks.items()}


def test_a_rebuilt_router_knows_what_it_knew(exchange: Exchange, case: Case) -> None:
    with stepping(exchange) as router:
        for desk, event in (
            (case.sender, offered(case, urgency="urgent")),
            (case.recipient, received(case)),
            (case.recipient, answered(case)),
            (case.sender, offered(case)),
        ):
            exchange.send(desk, event)
            settle(router)
        for fact in withdrawn(case):
            exchange.tell(fact)
        settle(router)
        before = fingerprints(router, exchange)
        assert len(router.tasks[case.partition].records) > 0
    with stepping(exchange) as rebuilt:
        assert fingerprints(rebuilt, exchange) == before


def test_a_second_process_of_the_same_name_fences_the_first(exchange: Exchange, case: Case) -> None:
    with stepping(exchange) as first:
        old = first.tasks[case.partition]
        exchange.send(case.sender, offered(case))
        settle(first, lambda: len(exchange.inbox(case.recipient)) == 1)
        with stepping(exchange) as usurper:
            # The old one has not noticed: it reads on, and everything it does is refused.
            exchange.send(case.recipient, received(case))
            wait(lambda: not old.restored, lambda: old.step(0.1))
            assert exchange.inbox(case.sender) == []
            settle(usurper, lambda: len(exchange.inbox(case.sender)) == 1)
            # Both insist on the name: one of them gives way.
            with pytest.raises(LeaseLost):
                wait(lambda: False, lambda: [first.step(0.1), usurper.step(0.1)])


def test_two_processes_share_the_partitions_and_hand_them_over_whole(exchange: Exchange, case: Case) -> None:
    first = Router(exchange.make_tools(), "first", threaded=False)
    second = Router(exchange.make_tools(), "second", threaded=False)

    def both(until: Callable[[], bool]) -> None:
        wait(until, lambda: [first.step(0.02), second.step(0.02)])

    try:
        both(lambda: len(first.tasks) == len(second.tasks) == PARTITIONS // 2)
        assert sorted([*first.tasks, *second.tasks]) == list(range(PARTITIONS))
        exchange.send(case.sender, offered(case))
        both(lambda: len(exchange.inbox(case.recipient)) == 1)
        owner = first if case.partition in first.tasks else second
        assert owner.tasks[case.partition].records.get(case.referral_id) is not None
    finally:
        first.close()
        second.close()


def test_an_open_transaction_keeps_the_restore_from_calling_itself_done(exchange: Exchange) -> None:
    tools = exchange.tools
    writer = clients.transactional_producer(
        exchange.kafka, ids.fresh(), timeout_s=30, on_error=lambda _: None
    )
    writer.init_transactions(10)
    writer.begin_transaction()
    writer.produce("referral-records", key=ids.fresh(), value=None, partition=5)
    writer.flush(10)
    with pytest.raises(EndNotReached):
        restored(tools.kafka, tools.admin, tools.wire, 5, timeout_s=1.0)
    writer.abort_transaction(10)
    restored(tools.kafka, tools.admin, tools.wire, 5, timeout_s=10.0)


def test_after_a_takeover_the_clocks_of_the_last_hour_are_told_again_with_the_same_id(
    exchange: Exchange, case: Case
) -> None:
    with stepping(exchange) as first:
        exchange.send(case.sender, offered(case, urgency="emergency"))
        settle(first, lambda: len(exchange.inbox(case.recipient)) == 1)
        exchange.clock.ahead += timedelta(hours=1, minutes=1)
        settle(first, lambda: len(exchange.inbox(case.sender)) == 1)
    with stepping(exchange) as again:
        settle(again, lambda: len(exchange.inbox(case.sender)) == 2)
        told = exchange.inbox(case.sender, ClockElapsed)
        assert told[0] == told[1]
    exchange.clock.ahead += timedelta(hours=2)
    with stepping(exchange) as later:
        settle(later)
        assert len(exchange.inbox(case.sender)) == 2
