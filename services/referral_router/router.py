"""One process of the router: holds the lease, keeps a task for each partition it owns."""

import threading
import time
from collections.abc import Mapping
from typing import Any

from referral_router.lease import Lease
from referral_router.task import Task, Tools
from referral_router.worker import Worker

SILENT_S = 60.0
"""A tick older than this is an alarm, in seconds."""


class Router:
    """Steps everything in the caller's thread, or, when `threaded`, each task in its own."""

    def __init__(self, tools: Tools, instance: str, *, threaded: bool) -> None:
        """Joins the group as `instance`: a name that no other process has, the same after a restart."""
        self.tools = tools
        self._threaded = threaded
        self._lock = threading.Lock()
        self.tasks: dict[int, Task] = {}
        self._workers: dict[int, Worker] = {}
        self._turned_at = time.monotonic()
        tools.mailroom.catch_up(tools.options.catch_up_s)
        self._lease = Lease(tools.kafka, instance, tools.options.session_s, self._gained, self._lost)

    def step(self, wait_s: float = 0.0) -> bool:
        """One turn of everything this process does. Whether any task had work.

        Raises LeaseLost, and what a task could not live with.
        """
        self._lease.poll(wait_s)
        self.tools.mailroom.refresh()
        self._turned_at = time.monotonic()
        if not self._threaded:
            return any([task.step(0) for task in list(self.tasks.values())])
        for number, worker in list(self._workers.items()):
            if worker.failed is not None:
                raise worker.failed
            if worker.task.hangs:
                self._lost([number])
                self._gained([number])
        return False

    def report(self) -> tuple[bool, Mapping[str, Any]]:
        """Whether it can work, and why not, for the health page and the watchdog."""
        now = time.monotonic()
        with self._lock:
            tasks = dict(self.tasks)
        oldest = min((task.ticked_at for task in tasks.values()), default=self._turned_at)
        age = now - min(oldest, self._turned_at)
        restored = all(task.restored for task in tasks.values())
        figures = {
            "last_tick_age_s": round(age, 1),
            "partitions": {str(number): _figures(task) for number, task in sorted(tasks.items())},
        }
        return self._lease.held and restored and age < SILENT_S, figures

    def close(self) -> None:
        """Finishes the transactions under way, then leaves."""
        self._lost(list(self.tasks))
        self._lease.close()
        self.tools.mailroom.close()

    def _gained(self, numbers: list[int]) -> None:
        for number in numbers:
            task = Task(self.tools, number, self._lease.metadata)
            with self._lock:
                self.tasks[number] = task
            if self._threaded:
                self._workers[number] = Worker(task)

    def _lost(self, numbers: list[int]) -> None:
        for number in numbers:
            if number in self._workers:
                self._workers[number].ask_to_end()
        for number in numbers:
            with self._lock:
                task = self.tasks.pop(number, None)
            worker = self._workers.pop(number, None)
            if worker is not None:
                worker.end()
            elif task is not None:
                task.close()


def _figures(task: Task) -> dict[str, Any]:
    return {
        "restored": task.restored,
        "records": len(task.records),
        "stalled": task.stalled,
        "errands": task.errands,
    }
