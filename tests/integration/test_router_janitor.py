"""What is deleted and what stays: read, old and not set aside, all three."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from cases import Case, now, offered, withdrawn
from confluent_kafka import TopicPartition
from router_kit import PARTITIONS, Exchange, settle, stepping

from exchange_command.platform import Platform
from referral_exchange import ids
from referral_exchange.events import QuarantineClosed
from referral_exchange.runtime import clients
from referral_exchange.runtime.tail import Partition
from referral_exchange.topics import inbox, outbox, partition_of
from referral_router.inputs import GROUP
from referral_router.janitor import Janitor
from referral_router.router import Router

DAYS = timedelta(days=1)


@pytest.fixture(scope="module")
def exchange(platform: Platform) -> Exchange:
    return Exchange(platform)


@pytest.fixture(scope="module")
def router(exchange: Exchange) -> Iterator[Router]:
    with stepping(exchange, sweep_s=0.0) as one:
        yield one


@pytest.fixture
def case(exchange: Exchange, router: Router) -> Case:
    """Five offers of one sender, routed as of today; the fourth of them was poison."""
    exchange.clock.ahead = timedelta(0)
    made = Case(exchange.desk("lantern"), exchange.desk("harbor"))
    exchange.give(made)
    for number in range(5):
        exchange.send(made.sender, offered(made), value=b"" if number == 3 else None)
    settle(router, lambda: len(exchange.inbox(made.recipient)) == 1)
    return made


def sweep(exchange: Exchange, case: Case) -> None:
    tools = exchange.tools
    people = [case.sender.participant, case.recipient.participant]
    Janitor(tools.kafka, tools.admin, tools.wire, tools.options, tools.clock).sweep(people, range(PARTITIONS))


def begins(exchange: Exchange, partition: Partition) -> int:
    consumer = clients.consumer(exchange.kafka, "looker")
    low, _ = consumer.get_watermark_offsets(TopicPartition(*partition), timeout=10)
    consumer.close()
    return low


def test_young_messages_stay(exchange: Exchange, case: Case) -> None:
    sweep(exchange, case)
    assert begins(exchange, Partition(outbox(case.sender.participant), case.partition)) == 0


def test_what_is_read_and_old_goes_up_to_what_was_set_aside(exchange: Exchange, case: Case) -> None:
    exchange.clock.ahead = 15 * DAYS
    sweep(exchange, case)
    assert begins(exchange, Partition(outbox(case.sender.participant), case.partition)) == 3


def test_what_is_about_to_be_committed_is_waited_for(exchange: Exchange, case: Case) -> None:
    """As behind every commit of the router, for a moment."""
    source = Partition(outbox(case.sender.participant), case.partition)
    exchange.clock.ahead = 15 * DAYS
    writer = clients.transactional_producer(
        exchange.kafka, ids.fresh(), timeout_s=30, on_error=lambda error: None
    )
    group = clients.consumer(exchange.kafka, GROUP)
    writer.init_transactions(30)
    writer.begin_transaction()
    writer.send_offsets_to_transaction([TopicPartition(*source, 1)], group.consumer_group_metadata(), 30)
    with ThreadPoolExecutor(1) as pool:
        sweeping = pool.submit(sweep, exchange, case)
        time.sleep(0.3)
        assert not sweeping.done()
        writer.abort_transaction(30)
        sweeping.result(30)
    group.close()
    assert begins(exchange, source) == 3


def test_what_was_set_aside_goes_once_its_pointer_is_closed(
    exchange: Exchange, router: Router, case: Case
) -> None:
    source = Partition(outbox(case.sender.participant), case.partition)
    exchange.clock.ahead = 15 * DAYS
    exchange.put("quarantine", source.topic, *dropped(exchange, source, 3))
    sweep(exchange, case)
    assert begins(exchange, source) == 5


def dropped(exchange: Exchange, source: Partition, offset: int) -> tuple[bytes, dict[str, bytes], int]:
    """Value, headers and partition of an operator's word that a message needs nothing more."""
    closed = QuarantineClosed(
        event_id=ids.fresh(),
        occurred_at=now(),
        topic=source.topic,
        partition=source.number,
        offset=offset,
        how="dropped",
    )
    named = {"ce_type": closed.RECORD.encode()}
    return exchange.codec.encode(closed), named, partition_of(source.topic, PARTITIONS)


def test_errands_that_are_done_and_old_go_too(exchange: Exchange, router: Router, case: Case) -> None:
    source = Partition(outbox(case.sender.participant), case.partition)
    errands = Partition("operations", case.partition)
    exchange.ask_for_replay(source, 0)
    settle(router, lambda: len(exchange.inbox(case.recipient)) == 2)
    before = begins(exchange, errands)
    exchange.clock.ahead = 15 * DAYS
    sweep(exchange, case)
    assert begins(exchange, errands) > before


def test_an_inbox_waits_for_its_one_reader_however_old_it_is(exchange: Exchange, case: Case) -> None:
    exchange.clock.ahead = 400 * DAYS
    box = Partition(inbox(case.sender.participant), 0)
    count = len(exchange.inbox(case.sender))
    assert count > 1
    sweep(exchange, case)
    assert begins(exchange, box) == 0
    reader = clients.consumer(exchange.kafka, f"{case.sender.participant}.edge")
    reader.commit(offsets=[TopicPartition(*box, 1)], asynchronous=False)
    reader.close()
    sweep(exchange, case)
    assert begins(exchange, box) == 1


def test_progress_goes_after_its_time_alone(exchange: Exchange, case: Case) -> None:
    progress = Partition("referral-progress", case.partition)
    before = begins(exchange, progress)
    exchange.clock.ahead = 89 * DAYS
    sweep(exchange, case)
    assert begins(exchange, progress) == before
    exchange.clock.ahead = 91 * DAYS
    sweep(exchange, case)
    assert begins(exchange, progress) > before


def test_a_record_is_forgotten_90_days_after_its_end(exchange: Exchange, router: Router, case: Case) -> None:
    records = router.tasks[case.partition].records
    for fact in withdrawn(case):
        exchange.tell(fact)
    settle(router)
    # Nobody says what became of it: that is told on the third day, and is the last that happens.
    exchange.clock.ahead = 4 * DAYS
    settle(router, lambda: records.get(case.referral_id).next_due() is None)
    exchange.clock.ahead = 93 * DAYS
    settle(router)
    assert records.get(case.referral_id) is not None
    exchange.clock.ahead = 95 * DAYS
    settle(router, lambda: records.get(case.referral_id) is None)
    newest = [m.value for m in exchange.read("referral-records") if m.key == case.referral_id.encode()][-1]
    assert newest is None
