"""The three threads of an edge: one reads the inbox, one delivers, one repeats what has no answer yet."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from participant_edge import change_rows, confirming, deliver, incoming, referral_rows, repeats, withdrawals
from participant_edge.delivery import Delivery
from participant_edge.errors import OutcomeUnknown
from participant_edge.incoming import Intake
from participant_edge.means import Means
from referral_exchange.http_guard import place_of

_WAIT_S = 0.5
_TIDY = timedelta(hours=1)
_CONFIRM = timedelta(minutes=2)
_LOG = logging.getLogger(__name__)


class Workers:
    """Started and stopped once."""

    def __init__(
        self, means: Means, intake: Intake, delivery: Delivery, on_failure: Callable[[], None]
    ) -> None:
        """`on_failure` is called when a thread cannot go on; the process should end, loudly."""
        self._means = means
        self._intake = intake
        self._delivery = delivery
        self._on_failure = on_failure
        self._stop = threading.Event()
        self._news = threading.Event()
        self._moved = threading.Event()
        self._started_over = False
        self._tidied: datetime | None = None
        self._confirmed: datetime | None = None
        self.reached_end = False
        """Whether the inbox has been read to its end since the start."""
        self.failed = False
        loops = {"reads": self._read, "delivers": self._deliver, "repeats": self._repeat}
        self._threads = [
            threading.Thread(target=self._loop, args=(name, turn), name=f"edge-{name}", daemon=True)
            for name, turn in loops.items()
        ]

    def start(self) -> None:
        """Starts the threads."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stops them, and leaves the inbox; one that waits for an answer is given its time."""
        self._stop.set()
        self._news.set()
        self._moved.set()
        self._means.wake.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()
        self._intake.close()

    def step(self) -> int:
        """One turn of all of them, for tests without threads. Messages read."""
        self._follow()
        took = self._intake.turn(0.2)
        ends = self._intake.present_ends()
        while ends and not self._intake.passed(ends):
            took += self._intake.turn(0.2)
        if self._intake.passed(ends):
            deliver.turn(self._means, self._delivery)
        repeats.turn(self._means, all_now=True)
        withdrawals.turn(self._means, all_now=True)
        return took

    def _loop(self, name: str, turn: Callable[[], None]) -> None:
        try:
            while not self._stop.is_set():
                self._turned(name, turn)
        except Exception as error:  # noqa: BLE001 - the process's loud exit; the text may quote data
            _LOG.critical("the thread that %s cannot go on: %s", name, place_of(error))
            self.failed = True
            self._on_failure()

    def _turned(self, name: str, turn: Callable[[], None]) -> None:
        try:
            turn()
        except OutcomeUnknown as error:
            # Ledger, broker, directory or disk are away: what was to be done is kept, and done again.
            _LOG.warning("the thread that %s waits: %s", name, error)
            self._stop.wait(_WAIT_S)

    def _read(self) -> None:
        took = self._intake.turn(_WAIT_S)
        self.reached_end = self.reached_end or self._intake.at_end()
        self._moved.set()
        if took:
            self._news.set()

    def _deliver(self) -> None:
        self._news.clear()
        # The broker is asked where the inbox ends only where something waits for the answer.
        delivered = 0
        if deliver.anything_due(self._means) and self._read_up_to_now():
            delivered = deliver.turn(self._means, self._delivery)
        if not delivered:
            self._news.wait(_WAIT_S)

    def _read_up_to_now(self) -> bool:
        """Waits for the reader to pass what stands in the inbox now: an end of consent there comes first.

        What comes later does not count, or a busy inbox would never be delivered.
        """
        ends = self._intake.present_ends()
        while not self._stop.is_set():
            self._moved.clear()
            if self._intake.passed(ends):
                return True
            if not self._moved.wait(2 * _WAIT_S) or not ends:
                return False
        return False

    def _repeat(self) -> None:
        self._means.wake.clear()
        self._follow()
        # What an earlier process left is repeated at once; its callers are gone.
        withdrawals.turn(self._means, all_now=not self._started_over)
        repeats.turn(self._means, all_now=not self._started_over)
        self._started_over = True
        self._confirm()
        self._tidy()
        self._means.wake.wait(_WAIT_S)

    def _follow(self) -> None:
        self._means.keys.follow()
        for programme in self._means.keys.newly_endorsed():
            incoming.judge_again(self._means, programme)

    def _confirm(self) -> None:
        """Whether the ledger was restored shows only when it is asked; somebody may wait for an answer."""
        now = self._means.clock.now()
        if self._confirmed is None or now - self._confirmed >= _CONFIRM:
            self._confirmed = now
            confirming.turn(self._means)

    def _tidy(self) -> None:
        now = self._means.clock.now()
        if self._tidied is not None and now - self._tidied < _TIDY:
            return
        self._tidied = now
        with self._means.store.write() as connection:
            change_rows.forget(connection, now)
            referral_rows.forget_reasons(connection, now - change_rows.KEPT)
        self._means.store.checkpoint()
