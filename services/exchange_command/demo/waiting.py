"""Awaits a condition, with a bound: the demo never sleeps and hopes."""

import time
from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")
_FIRST_LOOK_S = 0.02
_SLOWEST_LOOK_S = 0.5


class TookTooLong(Exception):
    """What was awaited did not come; the message says what, and where to look."""


def until(probe: Callable[[], _T | None], seconds: float, what: str) -> _T:
    """The first answer of `probe` that is neither None nor False. Raises TookTooLong after `seconds`."""
    deadline = time.monotonic() + seconds
    pause = _FIRST_LOOK_S
    while True:
        found = probe()
        if found is not None and found is not False:
            return found
        if time.monotonic() > deadline:
            raise TookTooLong(
                f"{what}: not seen within {seconds:.0f} s; `exchange doctor` tells what is wrong"
            )
        time.sleep(pause)
        pause = min(pause * 1.3, _SLOWEST_LOOK_S)
