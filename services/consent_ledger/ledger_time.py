"""Time that never goes back, and whether the clock runs steadily enough to destroy anything by it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

JUMP_S = 5.0
"""A wall clock that gains or loses more than this between two looks has jumped."""

SETTLE_S = 30.0
"""How long it must run steadily again before anything ends by date."""


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


@dataclass(slots=True)
class SteadyClock:
    """Compares the wall clock with a monotonic one. Used by one thread."""

    wall: Callable[[], datetime] = utc_now
    monotonic: Callable[[], float] = time.monotonic
    steady_for: float = 0.0
    _last: tuple[datetime, float] | None = None

    def look(self) -> float:
        """Seconds that passed steadily since the last look; 0 at first and after a jump."""
        now, ticks = self.wall(), self.monotonic()
        last, self._last = self._last, (now, ticks)
        if last is None:
            return 0.0
        passed = ticks - last[1]
        if abs((now - last[0]).total_seconds() - passed) > JUMP_S:
            self.steady_for = 0.0
            return 0.0
        self.steady_for += passed
        return passed

    @property
    def settled(self) -> bool:
        """Whether it ran steadily for long enough."""
        return self.steady_for >= SETTLE_S
