"""A lock file for work that one process at a time may do; the system lets go when the holder dies."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from exchange_command.problem import Problem

_LOOK_AGAIN = 0.1


class Busy(Problem):
    """Somebody else holds the lock for longer than anyone should."""


@contextmanager
def only_one(path: Path, what: str, within: float = 300.0) -> Iterator[None]:
    """Holds the lock at `path`. Waits `within` seconds for `what` to end, then raises Busy."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        _take(file.fileno(), what, time.monotonic() + within)
        yield


def _take(descriptor: int, what: str, until: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise Busy(
                    f"{what} is still at work; wait until it ends, or end it, then try again"
                ) from None
            # flock has no time-out; the lock is free again only when the other closes it.
            time.sleep(_LOOK_AGAIN)
        else:
            return
