"""Time and stopping, handed in so that a test can hold both."""

import signal
import threading
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """Now, with the zone UTC."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Now, UTC."""
        return datetime.now(UTC)


class Stop:
    """Set once, by a signal or by whoever has had enough."""

    def __init__(self) -> None:
        """Not yet."""
        self._asked = threading.Event()

    def on_signals(self) -> "Stop":
        """SIGTERM and SIGINT ask for a clean stop. Only a process's main thread may call this."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.ask())
        return self

    def ask(self) -> None:
        """Asks for the stop."""
        self._asked.set()

    def asked(self) -> bool:
        """Whether it was asked for."""
        return self._asked.is_set()

    def wait(self, seconds: float) -> bool:
        """Waits at most `seconds` for it; whether it was asked for."""
        return self._asked.wait(seconds)
