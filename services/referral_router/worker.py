"""One thread that steps one task until it is told to end, and keeps what it died of."""

import threading

from referral_router.task import Task

_WAIT_S = 0.05
"""How long a turn waits for a letter; facts and clocks are looked at in between."""


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
        """Lets the turn under way finish, then leaves the partition."""
        self.ask_to_end()
        self._thread.join()
        self.task.close()

    def _run(self) -> None:
        try:
            while not self._ending.is_set():
                self.task.step(_WAIT_S)
        except Exception as error:  # noqa: BLE001 - handed to the process, which exits with it
            self.failed = error
