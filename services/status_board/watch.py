"""All that the console looks at beside its own table, each look on a thread of its own."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime

from referral_exchange.oversight import lag, quarantined
from referral_exchange.oversight.set_aside import Pointer
from referral_exchange.oversight.source import Source
from status_board import schemas_seen
from status_board.follower import Follower
from status_board.health import Healths, Watched
from status_board.lag_history import History
from status_board.looking import Looking
from status_board.world import Behind, Subject, World

LAGS_S, SCHEMAS_S = 2.0, 60.0


class Watch:
    """Looks from `start` until `stop`. What it shows was put in place whole: no page waits for it."""

    def __init__(self, source: Source, watched: Iterable[Watched]) -> None:
        """Nothing is asked before `start`."""
        self.follower = Follower(source)
        self.healths = Healths(watched, source.tls)
        self._source = source
        self._history = History()
        self._lags: tuple[Behind, ...] = ()
        self._within: frozenset[Pointer] | None = None
        self._subjects: tuple[Subject, ...] = ()
        self._asking: asyncio.Task[None] | None = None
        self._looks = (
            Looking("records", self.follower.step, 0.0, self.follower.close),
            Looking("lags", self._look_at_lags, LAGS_S, failed=source.forget),
            Looking("schemas", self._look_at_schemas, SCHEMAS_S),
        )

    def start(self) -> None:
        """To be called on the event loop."""
        self._asking = asyncio.create_task(self.healths.watch())
        for each in self._looks:
            each.start()

    async def stop(self) -> None:
        """Ends every look."""
        if self._asking is not None:
            self._asking.cancel()
        await asyncio.gather(*(asyncio.to_thread(each.stop) for each in self._looks))

    def world(self, *, broker_lost: bool) -> World:
        """What has been seen."""
        return World(
            directory=self.follower.directory,
            health=self.healths.all(),
            lags=self._lags,
            aside=self.follower.aside(),
            within=self._within,
            subjects=self._subjects,
            broker_lost=broker_lost,
            looked_at={each.name: each.at for each in self._looks if each.at is not None},
        )

    def _look_at_lags(self) -> None:
        self._lags = self._history.take(lag.places(self._source), datetime.now(UTC))
        pointers = [each.pointer for each in self.follower.aside() if each.how is None]
        self._within = frozenset(quarantined.within(self._source, pointers))

    def _look_at_schemas(self) -> None:
        self._subjects = schemas_seen.seen(self._source)
