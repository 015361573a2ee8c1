"""The records of one partition in memory, and which of their clocks run out next."""

import hashlib
import heapq
from collections.abc import Iterator, Mapping

from referral_router.referral import Referral
from referral_router.wire import Wire


class Records:
    """Referrals by id. Changed only by what stands in the log: a restored record or a committed turn."""

    def __init__(self) -> None:
        """Empty: what is kept is read from `referral-records`, never made up."""
        self._by_id: dict[str, Referral] = {}
        self._due: list[tuple[int, str]] = []

    def get(self, referral_id: str) -> Referral | None:
        """The referral; None where none is known."""
        return self._by_id.get(referral_id)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._by_id)

    def __iter__(self) -> Iterator[Referral]:
        """Every referral, in no order that means anything."""
        return iter(self._by_id.values())

    def put(self, referral_id: str, referral: Referral | None) -> None:
        """Takes the newest record of a referral; None forgets it."""
        if referral is None:
            self._by_id.pop(referral_id, None)
            return
        self._by_id[referral_id] = referral
        if referral.clocks and (clock := referral.next_due()):
            heapq.heappush(self._due, (clock.due_at, referral_id))

    def put_all(self, changed: Mapping[str, Referral | None]) -> None:
        """`put` for each."""
        for referral_id, referral in changed.items():
            if referral is None or referral.clocks:
                self.put(referral_id, referral)
            else:
                self._by_id[referral_id] = referral

    def due(self, now: int) -> list[Referral]:
        """Referrals with a clock that has run out; each is named again until it is `put` without one."""
        named = {}
        while self._due and self._due[0][0] <= now:
            _, referral_id = heapq.heappop(self._due)
            referral = self._by_id.get(referral_id)
            clock = referral.next_due() if referral else None
            if referral and clock and clock.due_at <= now:
                named[referral_id] = referral
        for referral in named.values():
            # Kept in line: a turn that fails must find it again.
            heapq.heappush(self._due, (now, referral.referral_id))
        return list(named.values())

    def fingerprint(self, wire: Wire) -> str:
        """SHA-256 over all records in order of their ids: equal where two rebuilds agree."""
        digest = hashlib.sha256()
        for referral_id in sorted(self._by_id):
            digest.update(wire.write_record(self._by_id[referral_id]))
        return digest.hexdigest()
