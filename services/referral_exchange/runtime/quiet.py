"""A broker that is away is said once in a while, not forty times a second."""

import logging
import threading
import time

EVERY_S = 10.0
"""How long the same kind of line stays unsaid after it was said, in seconds."""


class OncePerWhile(logging.Filter):
    """Lets the first line of each kind through; its kind is its first word and its level."""

    def __init__(self, every_s: float = EVERY_S) -> None:
        """Nothing has been said yet."""
        super().__init__()
        self._every_s = every_s
        self._said: dict[tuple[str, int], float] = {}
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether `record` is said."""
        kind = (record.getMessage().partition(" ")[0], record.levelno)
        now = time.monotonic()
        with self._lock:
            if now - self._said.get(kind, -self._every_s) < self._every_s:
                return False
            self._said[kind] = now
            return True
