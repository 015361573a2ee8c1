"""How many refusals to one who is no party are written each; the rest are counted, so none fills the disk."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from consent_ledger.records import Disclosure

BURST = 240
EVERY_S = 15.0
"""A programme may be refused as a stranger `BURST` times at once, and once more every `EVERY_S` seconds."""


@dataclass(slots=True)
class Strangers:
    """A bucket a programme. Only listed programmes that signed come here, so there are few. Thread-safe.

    While a bucket is empty, what needs a judgement is not judged (429) and nothing is written for it. What
    only ends or lists something is judged all the same: its refusals are counted, and told as one leaf.
    """

    burst: float = BURST
    every_s: float = EVERY_S
    monotonic: Callable[[], float] = time.monotonic
    _left: dict[str, tuple[float, float]] = field(default_factory=dict)
    _counts: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def barred(self, programme: str) -> bool:
        """Whether it was refused so often that it must wait."""
        with self._lock:
            return self._tokens(programme) < 1

    def written(self, lines: Iterable[Disclosure]) -> list[Disclosure]:
        """The lines without those refusals to strangers that are counted only."""
        return [line for line in lines if line.referral_id is not None or self.spend(line.asked_by)]

    def spend(self, programme: str) -> bool:
        """Whether one more of its refusals is written; else it is counted."""
        with self._lock:
            tokens = self._tokens(programme)
            if tokens >= 1:
                self._left[programme] = (tokens - 1, self.monotonic())
                return True
            self._counts[programme] += 1
            return False

    @contextmanager
    def counted(self) -> Iterator[dict[str, int]]:
        """How many were counted since the last time, by programme; kept where the block fails."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        try:
            yield dict(counts)
        except BaseException:
            with self._lock:
                self._counts += counts
            raise

    def _tokens(self, programme: str) -> float:
        now = self.monotonic()
        tokens, at = self._left.get(programme, (self.burst, now))
        return min(self.burst, tokens + (now - at) / self.every_s)
