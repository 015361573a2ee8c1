"""Who owns a partition: fencing, sharing, restoring to the true end, and what a takeover tells again."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from cases import PARTITIONS, Case, answered, grounds, offered, opening, received, withdrawn
from router_kit import Exchange, settle, stepping, wait

from exchange_command.platform import Platform
from referral_exchange import ids
from referral_exchange.events import ClockElapsed
from referral_exchange.runtime import clients
from referral_exchange.runtime.tail import EndNotReached
from referral_router.inputs import Inputs
from referral_router.lease import LeaseLost
from referral_router.restore import restored
from referral_router.router import Router
from referral_router.transactions import InDoubt


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


def test_a_ground_is_still_a_ground_after_a_takeover(exchange: Exchange) -> None:
    case = Case(exchange.desk("lantern"), exchange.desk("harbor"))
    with stepping(exchange) as first:
        for fact in grounds(case):
            exchange.tell(fact)
        settle(first)
    tip = opening(case, "TipReported")
    with stepping(exchange) as second:
        exchange.send(case.sender, tip)
        settle(second, lambda: exchange.inbox(case.recipient) == [tip])


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


def member_of_nothing(exchange: Exchange) -> Any:
    """Metadata of the group, from one that never joined under a name that others hold."""
    outsider = clients.consumer(
        exchange.kafka, "referral_router", **{"group.instance.id": "referral_router.outsider"}
    )
    metadata = outsider.consumer_group_metadata()
    outsider.close()
    return metadata


@pytest.fixture(scope="class")
def router(exchange: Exchange) -> Iterator[Router]:
    with stepping(exchange) as one:
        yield one


class TestTroubleWithATransaction:
    """One router has it all, one after the other, and goes on."""

    @pytest.fixture
    def case(self, router: Router, case: Case) -> Case:
        """Between two desks that the router has heard of."""
        both = {case.sender.participant, case.recipient.participant}
        settle(router, lambda: both <= router.tools.mailroom.open)
        return case

    def test_a_commit_that_the_group_refuses_is_undone_and_done_again_once(
        self, exchange: Exchange, router: Router, case: Case, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stale = member_of_nothing(exchange)
        task = router.tasks[case.partition]
        monkeypatch.setattr(task, "_group", lambda: stale)
        exchange.send(case.sender, offered(case))
        wait(lambda: task._failures > 1, lambda: task.step(0.05))
        assert exchange.inbox(case.recipient) == []
        assert task.restored  # an abort that is certain costs no restore
        monkeypatch.undo()
        settle(router, lambda: len(exchange.inbox(case.recipient)) == 1)

    def test_what_the_ledger_said_before_an_offer_is_read_before_the_offer_is_judged(
        self, exchange: Exchange, router: Router, case: Case, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # The facts lag: none is ever there by itself, all must be asked for.
        monkeypatch.setattr(Inputs, "facts", lambda *_: [])
        late = Case(case.sender, case.recipient)
        task = router.tasks[late.partition]
        exchange.give(late)
        exchange.send(late.sender, offered(late))
        wait(lambda: len(exchange.inbox(late.recipient)) == 1, lambda: task.step(0.05))
        assert exchange.inbox(late.sender) == []

    @pytest.mark.parametrize("stands", [True, False])
    def test_when_it_is_not_known_whether_a_commit_stands_the_log_is_asked(
        self, exchange: Exchange, router: Router, case: Case, monkeypatch: pytest.MonkeyPatch, stands: bool
    ) -> None:
        task = router.tasks[case.partition]
        commit = task._transactions.commit

        def cut_off(*arguments: Any) -> None:
            monkeypatch.undo()
            if stands:
                commit(*arguments)
            raise InDoubt("the connection broke")

        monkeypatch.setattr(task._transactions, "commit", cut_off)
        exchange.send(case.sender, offered(case))
        settle(router, lambda: len(exchange.inbox(case.recipient)) == 1)
        record = task.records.get(case.referral_id)
        assert record is not None
        assert record.state == "requested"
        assert len(exchange.inbox(case.recipient)) == 1

    def test_a_torn_transaction_is_made_whole_under_the_same_ids(
        self, exchange: Exchange, router: Router, case: Case, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The inbox was committed, the record and the offsets were not: as a delayed EndTxn leaves it."""
        task = router.tasks[case.partition]
        settle(router)
        transactions = task._transactions
        begin, commit = transactions.begin, transactions.commit

        def without_records() -> Any:
            produce = begin()
            return lambda topic, *rest, **named: (
                None if topic == "referral-records" else produce(topic, *rest, **named)
            )

        def no_offsets(offsets: Any, group: Any) -> None:
            monkeypatch.undo()
            commit([], group)
            raise InDoubt("torn")

        monkeypatch.setattr(transactions, "begin", without_records)
        monkeypatch.setattr(transactions, "commit", no_offsets)
        offer = offered(case)
        exchange.send(case.sender, offer)
        settle(router, lambda: len(exchange.inbox(case.recipient)) == 2)
        assert exchange.inbox(case.recipient) == [offer, offer]
        assert task.records.get(case.referral_id) is not None
        progress = [f.event for f in exchange.found("referral-progress")]
        ours = [e.event_id for e in progress if getattr(e, "referral_id", "") == case.referral_id]
        assert len(ours) == 2
        assert len(set(ours)) == 1
