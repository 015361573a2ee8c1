"""How many messages of one source may be set aside a minute before that source stalls."""

from collections import deque

from referral_exchange.runtime.tail import Partition

_MINUTE_MS = 60_000


class QuarantineLimit:
    """A poisoned message goes aside; a flood of them means that the fault may be ours.

    Beyond the limit the source waits where it stands, visibly, and goes on at the limit's pace: a broken
    deployment cannot drain everybody's outbox into the quarantine, nor one participant stop the others.
    """

    def __init__(self, per_minute: int) -> None:
        """`per_minute`: for each partition of each source topic."""
        self._per_minute = per_minute
        self._taken: dict[Partition, deque[int]] = {}

    def admit(self, source: Partition, now: int) -> bool:
        """Whether one more of `source` may go aside now (ms); if so it counts."""
        taken = self._taken.setdefault(source, deque())
        while taken and taken[0] <= now - _MINUTE_MS:
            taken.popleft()
        if len(taken) >= self._per_minute:
            return False
        taken.append(now)
        return True

    def resumes_at(self, source: Partition) -> int:
        """When `source` may send the next one aside, ms."""
        taken = self._taken.get(source)
        return taken[0] + _MINUTE_MS if taken else 0
