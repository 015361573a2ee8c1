"""How often one caller may be wrong about its token before it is told to wait."""

from collections import OrderedDict, deque
from collections.abc import Callable

_MOST_CALLERS = 1024
"""Callers remembered; the one not heard of longest is forgotten first."""


class FailureLimit:
    """Counts failures by caller over a sliding time. A token that works is never counted nor delayed.

    It bounds noise and load: guessing 32 random bytes is hopeless at any speed, and behind a proxy all
    callers share an address, so one broken program must not keep the others from withdrawing a consent.
    """

    def __init__(self, steady: Callable[[], float], most: int = 20, within_s: float = 60.0) -> None:
        """`steady`: seconds that only go forward. `most` failures within `within_s` seconds pass."""
        self._steady, self._most, self._within_s = steady, most, within_s
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def failed(self, caller: str) -> int:
        """Notes a failure. Seconds to wait, 0 while there were not too many."""
        now = self._steady()
        times = self._failures.setdefault(caller, deque(maxlen=self._most + 1))
        self._failures.move_to_end(caller)
        if len(self._failures) > _MOST_CALLERS:
            self._failures.popitem(last=False)
        while times and times[0] <= now - self._within_s:
            times.popleft()
        if len(times) < self._most:
            times.append(now)
            return 0
        return max(1, int(times[0] + self._within_s - now) + 1)
