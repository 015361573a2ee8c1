"""Withdraw against open and seal, in threads and processes: what is asked for after the answer is refused."""

import threading
import time
from collections.abc import Sequence
from typing import cast

from ledger_kit import SENDER, LedgerKit, a_form, a_part, to_open
from race_kit import Openers, Tally, keep_opening

from consent_ledger import ending, giving
from consent_ledger.ending import Withdrawn
from consent_ledger.refusals import Denied
from consent_ledger.rules import LockToOpen
from consent_ledger.sealing import seal

ROUNDS = 25
OPENERS = 4
ROUNDS_OF_PROCESSES = 8
PROCESSES = 3


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


def check_promise(tallies: Sequence[Tally], answered: float, listed: int) -> None:
    opened = [at for tally in tallies for at in tally.opened_from]
    assert [at for at in opened if at > answered] == []
    # Every opening that ever succeeded is in the answer, those that overlapped it too, and no other.
    assert listed == len(opened)


def told(kit: LedgerKit, who: str, rounds: Sequence[Sequence[Tally]]) -> int:
    """Prints what was tried; how many attempts."""
    opened = sum(len(t.opened_from) for tallies in rounds for t in tallies)
    refused = sum(len(t.refused_from) for tallies in rounds for t in tallies)
    database = kit.url.partition(":")[0]
    print(
        f"{database}, {who}: {len(rounds)} withdrawals against {opened + refused} attempts to open; "
        f"{opened} opened before, all of them listed; {refused} refused; 0 opened after the answer"
    )
    return opened + refused


def test_no_open_asked_for_after_a_withdrawals_answer_succeeds(kit: LedgerKit) -> None:
    rounds = [one_round(kit) for _ in range(ROUNDS)]
    assert told(kit, f"{OPENERS} threads", rounds) >= 2 * ROUNDS * OPENERS


def test_processes_on_one_database_keep_the_same_promise(kit: LedgerKit) -> None:
    openers, rounds = Openers(kit.folder, kit.url, PROCESSES), []
    try:
        for _ in range(ROUNDS_OF_PROCESSES):
            consent_id, asked = a_lock(kit)

            def take_back(consent_id: str = consent_id) -> object:
                return ending.withdraw(kit.ledger, SENDER, consent_id)

            done, answered, tallies = openers.during(asked, take_back)
            check_promise(tallies, answered, len(cast(Withdrawn, done).opened_before))
            rounds.append(tallies)
    finally:
        openers.close()
    assert told(kit, f"{PROCESSES} processes", rounds) >= 2 * ROUNDS_OF_PROCESSES * PROCESSES


def test_nothing_is_sealed_on_a_request_after_the_answer(kit: LedgerKit) -> None:
    sealed: list[float] = []
    refused: list[float] = []

    def keep_sealing(form: object, enough: threading.Event) -> None:
        while not enough.is_set():
            started = time.monotonic()
            try:
                seal(kit.ledger, SENDER, [a_part(form)])  # type: ignore[arg-type]
                sealed.append(started)
            except Denied:
                refused.append(started)

    for _ in range(ROUNDS // 2):
        form, enough = a_form(), threading.Event()
        giving.give(kit.ledger, form)
        sealed.clear()
        refused.clear()
        threads = [threading.Thread(target=keep_sealing, args=(form, enough)) for _ in range(OPENERS)]
        for thread in threads:
            thread.start()
        while not sealed:
            time.sleep(0)
        ending.withdraw(kit.ledger, SENDER, form.consent_id)
        answered = time.monotonic()
        while not refused:
            time.sleep(0)
        enough.set()
        for thread in threads:
            thread.join()
        assert [at for at in sealed if at > answered] == []
