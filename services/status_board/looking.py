"""Repeats a look on a thread of its own, and remembers when it last succeeded."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from referral_exchange.http_guard import place_of

_BACK_OFF_S = (1.0, 2.0, 5.0)
_JOIN_S = 2.0

_LOG = logging.getLogger(__name__)

Look = Callable[[], None]


class Looking:
    """One look, again and again. A failure is said by its place, waited out, and tried anew."""

    def __init__(
        self,
        name: str,
        look: Look,
        every_s: float,
        end: Look = lambda: None,
        failed: Look = lambda: None,
    ) -> None:
        """`end`: done on the same thread when it is over; `failed`: after each failure."""
        self.name = name
        self.at: datetime | None = None
        self._look, self._every_s, self._finish, self._failed = look, every_s, end, failed
        self._stop = threading.Event()
        self._failures = 0
        self._thread = threading.Thread(target=self._run, name=f"look at {name}", daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self) -> None:
        """Ends it, or leaves it to the process's end where it waits for somebody."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(_JOIN_S)

    def once(self) -> float:
        """One look; the seconds to wait before the next."""
        try:
            self._look()
        except Exception as error:  # noqa: BLE001 - whatever it is, the pages tell how old their news is
            wait_s = _BACK_OFF_S[min(self._failures, len(_BACK_OFF_S) - 1)]
            self._failures += 1
            self._failed()
            _LOG.warning("looking at %s failed: %s", self.name, place_of(error))
            return wait_s
        self._failures, self.at = 0, datetime.now(UTC)
        return self._every_s

    def _run(self) -> None:
        while not self._stop.wait(self.once()):
            continue
        self._finish()
