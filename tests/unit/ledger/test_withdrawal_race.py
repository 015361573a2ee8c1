"""Withdraw against open, in threads and in processes: no open asked for after the answer succeeds."""

import multiprocessing
import threading
import time

from ledger_kit import SENDER, LedgerKit, a_form, a_part, to_open
from race_kit import Tally, keep_opening, opener_process

from consent_ledger import ending, giving
from consent_ledger.rules import LockToOpen
from consent_ledger.sealing import seal

ROUNDS = 25
OPENERS = 4


def a_lock(kit: LedgerKit) -> tuple[str, LockToOpen]:
    form = a_form()
    giving.give(kit.ledger, form)
    (lock,) = seal(kit.ledger, SENDER, [a_part(form)])
    return form.consent_id, to_open(form, lock)


def one_round(kit: LedgerKit) -> list[Tally]:
    consent_id, asked = a_lock(kit)
    enough, tallies = threading.Event(), [Tally() for _ in range(OPENERS)]
    threads = [threading.Thread(target=keep_opening, args=(kit, asked, t, enough)) for t in tallies]
    for thread in threads:
        thread.start()
    while not all(tally.opened_from for tally in tallies):
        time.sleep(0)
    done = ending.withdraw(kit.ledger, SENDER, consent_id)
    answered = time.monotonic()
    while not all(tally.refused_from and tally.refused_from[-1] > answered for tally in tallies):
        time.sleep(0)
    enough.set()
    for thread in threads:
        thread.join()
    check_promise(tallies, answered, len(done.opened_before))
    return tallies


def check_promise(tallies: list[Tally], answered: float, listed: int) -> None:
    opened = [at for tally in tallies for at in tally.opened_from]
    assert [at for at in opened if at > answered] == []
    # Every opening that ever succeeded is in the answer, those that overlapped it too, and no other.
    assert listed == len(opened)


def test_no_open_asked_for_after_a_withdrawals_answer_succeeds(kit: LedgerKit) -> None:
    rounds = [one_round(kit) for _ in range(ROUNDS)]
    attempts = [len(t.opened_from) + len(t.refused_from) for tallies in rounds for t in tallies]
    assert sum(attempts) >= 2 * ROUNDS * OPENERS


def test_two_processes_on_one_database_keep_the_same_promise(kit: LedgerKit) -> None:
    consent_id, asked = a_lock(kit)
    spawn = multiprocessing.get_context("spawn")
    begun, refused = [spawn.Event(), spawn.Event()], [spawn.Event(), spawn.Event()]
    enough, answers = spawn.Event(), spawn.Queue()
    processes = [
        spawn.Process(
            target=opener_process, args=(str(kit.folder), kit.url, asked, *said, enough, answers), daemon=True
        )
        for said in zip(begun, refused, strict=True)
    ]
    for process in processes:
        process.start()
    assert all(event.wait(60) for event in begun)
    done = ending.withdraw(kit.ledger, SENDER, consent_id)
    answered = time.monotonic()
    assert all(event.wait(60) for event in refused)
    enough.set()
    tallies = [answers.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(60)
    check_promise(tallies, answered, len(done.opened_before))
