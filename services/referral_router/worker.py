"""One thread that steps one task until it is told to end, and keeps what it died of."""

import logging
import threading

from referral_router.task import Task

_WAIT_S = 0.05
"""How long a turn waits for a letter; facts and clocks are looked at in between."""

_LOOK_S = 0.2
_LOG = logging.getLogger(__name__)


class Worker:
    """Runs `task`. Whoever owns it asks `failed` now and then, and ends the process where it is set."""

    def __init__(self, task: Task) -> None:
        """Starts."""
        self.task = task
        self.failed: Exception | None = None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"partition-{task.number}", daemon=True)
        self._thread.start()

    def ask_to_end(self) -> None:
        """The turn under way is the last."""
        self._ending.set()
        self.task.leave()

    def end(self) -> None:
        """Lets the turn under way finish, then leaves the partition.

        A turn that hangs in the client is left behind: the next owner's producer fences whatever it still
        does, and its thread ends as soon as the client lets it.
        """
        self.ask_to_end()
        while self._thread.is_alive() and not self.task.hangs:
            self._thread.join(_LOOK_S)
        if self._thread.is_alive():
            _LOG.error("partition %d: a turn hangs in the Kafka client and is left behind", self.task.number)

    def _run(self) -> None:
        try:
            while not self._ending.is_set():
                self.task.step(_WAIT_S)
        except Exception as error:  # noqa: BLE001 - handed to the process, which exits with it
            self.failed = error
        finally:
            self.task.close()
