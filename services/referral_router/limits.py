"""So many of one source within a while, and no more."""

from collections import deque

from referral_exchange.runtime.tail import Partition

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS


class Limit:
    """Counts by partition of a topic.

    What goes aside is limited because a flood of it means that the fault may be ours. Beyond the limit the
    source waits where it stands, visibly, and goes on at the limit's pace: a broken deployment cannot drain
    everybody's outbox into the quarantine, nor one participant stop the others.
    """

    def __init__(self, most: int, within_ms: int = MINUTE_MS) -> None:
        """`most`: of each partition of each source topic, within any `within_ms`."""
        self._most = most
        self._within_ms = within_ms
        self._taken: dict[Partition, deque[int]] = {}

    def admit(self, source: Partition, now: int) -> bool:
        """Whether one more of `source` may pass now (ms); if so it counts."""
        taken = self._taken.setdefault(source, deque())
        while taken and taken[0] <= now - self._within_ms:
            taken.popleft()
        if len(taken) >= self._most:
            return False
        taken.append(now)
        return True

    def resumes_at(self, source: Partition) -> int:
        """When the next one of `source` may pass, ms."""
        taken = self._taken.get(source)
        return taken[0] + self._within_ms if taken else 0
