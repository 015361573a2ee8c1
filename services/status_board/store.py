"""The Faust table of referrals, filled from `referral-progress`."""

import logging
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import faust
from faust.types import EventT, StreamT

from referral_exchange import message
from referral_exchange.codec import Codec, Undecodable
from referral_exchange.events import ReferralProgressed
from referral_exchange.topics import committed_topics, partition_of
from status_board import rules
from status_board.recovery import Progress, of_table
from status_board.rows import Row, from_row, to_row
from status_board.rules import Entry

TABLE = "open-referrals"
SWEEP_S = 60.0
"""How often ended referrals are looked through for those that leave, in seconds."""

Now = Callable[[], datetime]
_LOG = logging.getLogger(__name__)


class Board:
    """What the pages read. Everything here runs on the event loop of the app."""

    def __init__(self, app: faust.App, codec: Codec, keep: timedelta) -> None:
        """Declares the table and its handler on `app`. `keep`: how long ended referrals stay in the table."""
        progress = committed_topics()["referral-progress"]
        self.app = app
        self.keep = keep
        self.unreadable: Counter[str] = Counter()
        self.taken = 0
        self.newest_at: datetime | None = None
        self._codec = codec
        self._rebuilt = False
        self._table = app.Table(
            TABLE,
            partitions=progress.partitions,
            key_type=bytes,
        )
        self._partitions = progress.partitions
        self._swept_at: dict[int, float] = {}
        topic = app.topic(
            progress.name, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"
        )
        app.agent(topic, name="follow", concurrency=1)(self._follow)

    def is_rebuilt(self) -> bool:
        """Whether the table holds again what its changelog holds."""
        return self._rebuilt

    def progress(self) -> Progress:
        """How far that has come."""
        return of_table(self.app, rebuilt=self._rebuilt)

    async def rebuild(self) -> None:
        """Starts the app and waits until the table is rebuilt; from then on it takes steps."""
        await self.app.start()
        self._rebuilt = True

    def entries(self) -> list[Entry]:
        """Every row, in no order."""
        return [from_row(row) for row in self._table.values()]

    def entry(self, referral_id: str) -> Entry | None:
        """One row."""
        row: Row | None = self._table.get(referral_id.encode())
        return from_row(row) if row else None

    async def _follow(self, stream: StreamT[Any]) -> None:
        # Faust acknowledges a step even when its handler failed, restarts it behind that step and goes on
        # as if it had been taken. Here a step is acknowledged when it was, and a failure ends the process.
        taking = cast(faust.Stream[bytes], stream).noack()
        async for event in taking.events():
            try:
                self._take(event)
                self._sweep(event.message.partition, datetime.now(UTC))
            except Exception as error:
                await self.app.crash(error)
                raise
            await taking.ack(event)

    def _take(self, event: EventT[bytes]) -> None:
        progressed = self._read(event)
        if progressed is None:
            return
        known = self.entry(progressed.referral_id)
        self._table[progressed.referral_id.encode()] = to_row(rules.take(known, progressed))
        self.taken += 1
        self.newest_at = progressed.occurred_at

    def _read(self, event: EventT[bytes]) -> ReferralProgressed | None:
        """The step, or None where it cannot be read: counted, said with its place and class, never shown."""
        headers = event.message.headers or {}
        named = message.read_headers(dict(headers))
        try:
            # The codec was given this one record, so it reads no other.
            return cast(ReferralProgressed, self._codec.decode(event.value, message.text(named, "ce_type")))
        except Undecodable as error:
            self._set_aside(event, error.code)
            return None

    def _set_aside(self, event: EventT[bytes], code: str) -> None:
        self.unreadable[code] += 1
        place = event.message
        _LOG.error("%s/%d@%d cannot be read (%s); left out", place.topic, place.partition, place.offset, code)

    def _sweep(self, partition: int, now: datetime) -> None:
        """Removes what ended long ago; Faust lets a step's handler change rows of the step's partition only.

        Where no step comes nothing new ends either, so the table stays as small as it was.
        """
        swept_at = self._swept_at.setdefault(partition, time.monotonic())
        if time.monotonic() - swept_at < SWEEP_S:
            return
        self._swept_at[partition] = time.monotonic()
        for entry in self.entries():
            if rules.leaves(entry, now, self.keep) and self._partition(entry) == partition:
                del self._table[entry.referral_id.encode()]

    def _partition(self, entry: Entry) -> int:
        return partition_of(entry.referral_id, self._partitions)
