"""What this edge learns, handed to every stream that waits for it: one watcher, however many listen."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool

from participant_edge.edge import Edge
from participant_edge.errors import EdgeError
from participant_edge.views import Change

log = logging.getLogger(__name__)

AT_ONCE = 100
"""Changes that one stream holds in memory; the rest stays in the edge's database until it can be sent."""

_LOOK_S = 0.5
_BACK_OFF_S = 1.0


@dataclass(frozen=True, slots=True)
class Streaming:
    """Bounds of the event streams, in seconds. `most`: streams at the same time."""

    heartbeat_s: float = 15.0
    write_s: float = 10.0
    recheck_s: float = 15.0
    most: int = 32


USUAL_STREAMING = Streaming()


class ChangeFeed:
    """Wakes streams when the edge knows more. Each reads at its own pace, so none holds up another."""

    def __init__(self, edge: Edge, streaming: Streaming) -> None:
        """Watches `edge` while somebody listens."""
        self._edge = edge
        self.streaming = streaming
        self.ended = asyncio.Event()
        self._waiting: set[asyncio.Event] = set()
        self._watch: asyncio.Task[None] | None = None

    @property
    def listeners(self) -> int:
        """Streams that are open."""
        return len(self._waiting)

    @property
    def full(self) -> bool:
        """Whether no other stream is served now."""
        return self.listeners >= self.streaming.most

    @contextmanager
    def listening(self) -> Iterator[asyncio.Event]:
        """A place among the listeners; its event is set when there may be more."""
        more = asyncio.Event()
        self._waiting.add(more)
        if self._watch is None:
            self._watch = asyncio.create_task(self._watching())
        try:
            yield more
        finally:
            self._waiting.discard(more)

    async def changes(self, after: int, more: asyncio.Event) -> AsyncIterator[list[Change]]:
        """Changes behind number `after`, in order, without end; an empty list from time to time."""
        while not self.ended.is_set():
            more.clear()
            found = await run_in_threadpool(self._edge.changes, after, AT_ONCE)
            after = found[-1].number if found else after
            yield found
            if not found:
                await self._wait(more)

    async def end(self) -> None:
        """Ends every stream, at once."""
        self.ended.set()
        self._wake()
        if self._watch is not None:
            await self._watch

    async def _wait(self, more: asyncio.Event) -> None:
        try:
            async with asyncio.timeout(self.streaming.recheck_s):
                await more.wait()
        except TimeoutError:
            return

    async def _watching(self) -> None:
        seen = 0
        while self._waiting and not self.ended.is_set():
            before = seen
            try:
                seen = await run_in_threadpool(self._look, seen)
            except EdgeError as error:
                log.warning("the change feed waits: %s", type(error).__name__)
                await asyncio.sleep(_BACK_OFF_S)
            if seen != before:
                self._wake()
        self._watch = None

    def _look(self, seen: int) -> int:
        """Waits for something behind `seen`; the newest number there is."""
        if self._edge.wait_for_changes(seen, _LOOK_S):
            while found := self._edge.changes(seen, 1000):
                seen = found[-1].number
        return seen

    def _wake(self) -> None:
        for more in self._waiting:
            more.set()
