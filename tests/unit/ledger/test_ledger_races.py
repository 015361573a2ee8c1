"""Two at the same moment: what one could not see is still not overlooked."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from ledger_kit import RECIPIENT, SENDER, START, STRANGER, LedgerKit, a_form, a_part, to_open
from race_kit import at_once, wait_until_one_waits

from consent_ledger import ending, store
from consent_ledger.giving import give
from consent_ledger.records import ConsentForm, from_ms
from consent_ledger.refusals import ConsentConflict, Refusal
from consent_ledger.sealing import open_locks, seal

DAY = 24 * 3600


def standings(kit: LedgerKit, ids: set[str]) -> set[str]:
    with kit.ledger.operation() as operation:
        return {c.standing for c in store.hold_pairs(operation.connection, ids).values()}


def test_the_same_form_from_many_at_once_is_given_once(kit: LedgerKit) -> None:
    for _ in range(5):
        form = a_form()
        done = at_once([lambda form=form: give(kit.ledger, form)] * 8)  # type: ignore[misc]
        given = [d.result() for d in done]
        assert [g.created for g in given].count(True) == 1  # type: ignore[attr-defined]
    while kit.outbox.step():
        pass
    assert len(kit.log.messages) == 10


def test_of_two_recipients_for_one_referral_at_once_one_wins(kit: LedgerKit) -> None:
    for _ in range(10):
        one = a_form()
        other = a_form(referral_id=one.referral_id, recipient=STRANGER)
        done = at_once([lambda f=f: give(kit.ledger, f) for f in (one, other)])  # type: ignore[misc]
        failed = [d.exception() for d in done if d.exception()]
        assert [type(error) for error in failed] == [ConsentConflict]


def test_the_same_id_for_two_referrals_at_once_conflicts_and_fails_nobody_else(kit: LedgerKit) -> None:
    for _ in range(10):
        one = a_form()
        other = a_form(consent_id=one.consent_id)
        done = at_once([lambda f=f: give(kit.ledger, f) for f in (one, other)])  # type: ignore[misc]
        failed = [d.exception() for d in done if d.exception()]
        assert [type(error) for error in failed] == [ConsentConflict]


def test_a_withdrawal_that_comes_while_expiry_looks_stays_a_withdrawal(kit: LedgerKit) -> None:
    form = a_form(ends_at=START + timedelta(minutes=1))
    give(kit.ledger, form)
    kit.clock.pass_(minutes=2)
    standings(kit, set())  # the time is seen, so nobody waits for one who writes it
    with ThreadPoolExecutor(1) as pool:
        with kit.ledger.operation() as operation:
            pair = store.hold_pairs(operation.connection, {form.consent_id})
            expiring = pool.submit(ending.expire, kit.ledger, 100)
            wait_until_one_waits(kit.url)
            ending._withdraw_both(kit.ledger, operation, SENDER, pair, None)
        assert expiring.result() == 0
    assert standings(kit, {form.consent_id}) == {"withdrawn"}


def test_no_key_is_lost_when_an_epoch_turns_amid_giving_sealing_and_opening(kit: LedgerKit) -> None:
    enough, locks = threading.Event(), []

    def work() -> None:
        while not enough.is_set():
            form = a_form()
            give(kit.ledger, form)
            (lock,) = seal(kit.ledger, SENDER, [a_part(form)])
            open_locks(kit.ledger, RECIPIENT, [to_open(form, lock)])
            locks.append(to_open(form, lock))

    with ThreadPoolExecutor(4) as pool:
        working = [pool.submit(work) for _ in range(4)]
        try:
            for _ in range(8):
                before = len(locks)
                while len(locks) < before + 4 and not any(w.done() for w in working):
                    time.sleep(0.001)
                kit.upkeep.new_epoch()
        finally:
            enough.set()
        assert [w.exception() for w in working] == [None] * 4
    for lock in locks:
        open_locks(kit.ledger, RECIPIENT, [lock])
    assert [path.name.split(".", 1)[1] for path in kit.epoch_folder.iterdir()] == ["9.key"]


def test_batches_in_opposite_orders_and_withdrawals_never_hold_each_other_up(kit: LedgerKit) -> None:
    forms = [a_form() for _ in range(12)]
    for form in forms:
        give(kit.ledger, form)
    parts, rounds = [a_part(form) for form in forms], threading.Semaphore(0)

    def sealing(order: int) -> None:
        try:
            while True:
                seal(kit.ledger, SENDER, parts[::order])
                rounds.release()
        except Refusal:
            return

    def giving_again() -> None:
        for form in forms * 3:
            give(kit.ledger, form)

    def withdrawing() -> None:
        for _ in range(30):
            rounds.acquire(timeout=10)
        for form in reversed(forms):
            ending.withdraw(kit.ledger, SENDER, form.consent_id)

    done = at_once([lambda: sealing(1), lambda: sealing(-1), giving_again, giving_again, withdrawing])
    assert [d.exception() for d in done] == [None] * 5
    assert standings(kit, {form.consent_id for form in forms}) == {"withdrawn"}


def test_the_latest_time_seen_never_goes_back_whoever_writes_last(kit: LedgerKit) -> None:
    with ThreadPoolExecutor(1) as pool:
        with kit.database.transaction() as connection:
            store.see_time(connection, START + timedelta(hours=2))

            def earlier() -> None:
                with kit.database.transaction() as other:
                    store.see_time(other, START + timedelta(hours=1))

            late = pool.submit(earlier)
            wait_until_one_waits(kit.url)
        late.result()
    with kit.database.transaction() as connection:
        assert from_ms(store.upkeep_row(connection).latest) == START + timedelta(hours=2)


@pytest.mark.parametrize("alone", [True, False])
def test_one_who_is_alone_waits_for_all_and_keeps_all_waiting(kit: LedgerKit, alone: bool) -> None:
    order: list[str] = []

    def second() -> None:
        with kit.database.transaction(alone=not alone):
            order.append("second")

    with ThreadPoolExecutor(1) as pool:
        with kit.database.transaction(alone=alone):
            done = pool.submit(second)
            wait_until_one_waits(kit.url)
            order.append("first")
        done.result()
    assert order == ["first", "second"]


def test_the_topic_hears_of_each_consent_first_its_beginning_and_then_its_end(kit: LedgerKit) -> None:
    forms = [a_form() for _ in range(40)]

    def live_and_end(some: list[ConsentForm]) -> None:
        for form in some:
            give(kit.ledger, form)
            ending.withdraw(kit.ledger, SENDER, form.consent_id)

    with kit.sending():
        done = at_once([lambda n=n: live_and_end(forms[n::4]) for n in range(4)])  # type: ignore[misc]
        assert [d.exception() for d in done] == [None] * 4
    while kit.outbox.step():
        pass
    for form in forms:
        for consent_id in (form.consent_id, form.return_consent_id):
            told = [m.headers["ce_type"] for m in kit.log.messages if m.key == consent_id]
            assert told == [b"ConsentGiven.v1", b"ConsentWithdrawn.v1"]
