"""An answer that goes on: server-sent events, with a heartbeat, for as long as the client reads."""

import asyncio
import logging
from collections.abc import AsyncIterator

from sse_starlette import EventSourceResponse, ServerSentEvent
from sse_starlette.sse import SendTimeoutError
from starlette.types import Receive, Scope, Send

from ngo_bridge.feed import ChangeFeed

log = logging.getLogger(__name__)

_FAREWELL_S = 0.3
"""Seconds in which a client that reads gets its clean end when the bridge stops."""


_GRACE_S = 2.0


class _Stopping(Exception):
    """The bridge stops and this client does not read."""


class EventStream(EventSourceResponse):
    """Sends `events` until they end, the client goes, stops reading, or the bridge stops."""

    def __init__(self, events: AsyncIterator[ServerSentEvent], feed: ChangeFeed) -> None:
        """`feed` has the bounds, and ends with the bridge."""
        self._feed = feed
        super().__init__(
            events,
            sep="\n",
            ping=feed.streaming.heartbeat_s,
            ping_message_factory=_heartbeat,
            send_timeout=feed.streaming.write_s,
            data_sender_callable=self._cut_off,
            # It watches for signals on its own; the bridge ends its streams cleanly right after one.
            shutdown_grace_period=_GRACE_S,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One client."""
        try:
            await super().__call__(scope, receive, send)
        except* (SendTimeoutError, _Stopping):
            # Nothing more is said to it: the server sees an answer without end and closes the connection.
            log.warning("a stream was dropped: its client had stopped reading")

    async def _cut_off(self) -> None:
        await self._feed.ended.wait()
        await asyncio.sleep(_FAREWELL_S)
        raise _Stopping


def _heartbeat() -> ServerSentEvent:
    return ServerSentEvent(comment="heartbeat", sep="\n")
