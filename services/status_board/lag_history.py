"""Since when each reader has something unread, from where readers and ends were seen to stand. No I/O."""

from collections import deque
from collections.abc import Iterable
from datetime import datetime

from referral_exchange.oversight.lag import Place
from referral_exchange.runtime.tail import Partition
from status_board.world import Behind

_MOST = 500

Ends = deque[tuple[datetime, int]]


class History:
    """Remembers, a reader and partition, ends that were seen beyond where the reader stands."""

    def __init__(self) -> None:
        """Knows nothing: what waits already counts from the first look on."""
        self._seen: dict[tuple[str, Partition], Ends] = {}

    def take(self, places: Iterable[Place], at: datetime) -> tuple[Behind, ...]:
        """Every reader on every topic, the furthest behind first, after a look at `at`."""
        found: dict[tuple[str, str], list[tuple[Place, datetime | None]]] = {}
        for place in places:
            key = place.group, place.partition.topic
            found.setdefault(key, []).append((place, self._since(place, at)))
        behind = [_together(group, topic, own) for (group, topic), own in found.items()]
        return tuple(sorted(behind, key=lambda each: (-each.unread, each.group, each.topic)))

    def _since(self, place: Place, at: datetime) -> datetime | None:
        seen = self._seen.setdefault((place.group, place.partition), deque())
        if not place.unread:
            seen.clear()
            return None
        if not seen or seen[-1][1] < place.end:
            seen.append((at, place.end))
        while seen and seen[0][1] <= place.reads:
            seen.popleft()
        if len(seen) > _MOST:
            self._seen[place.group, place.partition] = seen = _thinned(seen)
        return seen[0][0] if seen else at


def _thinned(seen: Ends) -> Ends:
    """Every second one, the oldest among them: a time may then be told a little too early."""
    return deque(each for number, each in enumerate(seen) if number % 2 == 0)


def _together(group: str, topic: str, own: list[tuple[Place, datetime | None]]) -> Behind:
    times = [since for _, since in own if since is not None]
    unread = sum(place.unread for place, _ in own)
    return Behind(group, topic, unread, min(times, default=None), any(place.begun for place, _ in own))
