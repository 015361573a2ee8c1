"""Whether the board still hears the broker, and how far it is behind: old news must look old."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import faust
from faust.types import TP

EVERY_S = 2.0
TIMEOUT_S = 5.0
OLD = timedelta(seconds=20)
"""After this long without an answer of the broker the page says that it may be old."""

_LOG = logging.getLogger(__name__)


class Contact:
    """Asks the broker, every few seconds, where `topic` ends and compares with where we are."""

    def __init__(self, app: faust.App, topic: str) -> None:
        """Asks nothing before `watch`."""
        self._app = app
        self._topic = topic
        self.answered_at: datetime | None = None
        self.behind: int | None = None

    def is_lost(self, now: datetime) -> bool:
        """Whether the broker has not answered lately."""
        return self.answered_at is None or now - self.answered_at > OLD

    async def watch(self) -> None:
        """Asks until it is cancelled. To be called once the app has started."""
        while True:
            try:
                await asyncio.wait_for(self._ask(), TIMEOUT_S)
            except Exception as error:  # noqa: BLE001 - whatever it is, the page tells: no contact
                _LOG.warning("the broker does not answer (%s)", type(error).__name__)
            await asyncio.sleep(EVERY_S)

    async def _ask(self) -> None:
        consumer = self._app.consumer
        ours = [tp for tp in consumer.assignment() if tp.topic == self._topic]
        ends = await consumer.highwaters(*ours)
        self.behind = sum([await self._left(tp, end) for tp, end in ends.items()])
        self.answered_at = datetime.now(UTC)

    async def _left(self, tp: TP, end: int | None) -> int:
        position = await self._app.consumer.position(tp)
        return max(0, (end or 0) - (position or 0))
