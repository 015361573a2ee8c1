"""GET /v1/events: what this NGO's edge learns, as it learns it, as server-sent events."""

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from ngo_bridge.api import shown
from ngo_bridge.api.described import told
from ngo_bridge.bridge import Bridge, BridgeOf
from ngo_bridge.database import StoreUnavailable
from ngo_bridge.event_stream import EventStream
from participant_edge.errors import EdgeError
from referral_exchange.problems import Problem

router = APIRouter(prefix="/v1", tags=["events"])

_RECONNECT_MS = 2000
_LAST = 2**63 - 1

_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "One event a change: `id` is its number, `event` is `change`, `data` is JSON. A "
        "comment keeps the connection warm. `event: start-over` says that the place you named is not known "
        "here (kept for 90 days, or the edge lost its disk): read your referrals anew.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


@router.get(
    "/events",
    operation_id="streamEvents",
    responses=_STREAM | told(422, 503),
    response_class=EventSourceResponse,
)
async def events(
    bridge: BridgeOf,
    request: Request,
    last_event_id: Annotated[
        str | None,
        Header(pattern=r"^[0-9]{1,18}$", description="Where you were; browsers send it by themselves."),
    ] = None,
    after: Annotated[
        int,
        Query(
            ge=0, le=_LAST, description="Number of the last change that you have; 0 for all that are kept."
        ),
    ] = 0,
) -> EventStream:
    """Every step, refusal and clock that this NGO's edge learns, in order, without end.

    Routing only, as in GET /v1/inbox. Come back with `Last-Event-ID` and nothing is missed. Who does not read
    for 10 seconds is dropped; so is everybody when the bridge stops.
    """
    if bridge.feed.full:
        raise _too_many()
    place = after if last_event_id is None else int(last_event_id)
    start, known = await run_in_threadpool(_start, bridge, place)
    return EventStream(_told(bridge, start, known, getattr(request.state, "token_id", None)), bridge.feed)


async def _told(
    bridge: Bridge, start: int, known: bool, token_id: str | None
) -> AsyncIterator[ServerSentEvent]:
    yield ServerSentEvent(comment="ready", retry=_RECONNECT_MS, sep="\n")
    if not known:
        yield ServerSentEvent(event="start-over", data="{}", id=str(start), sep="\n")
    with bridge.feed.listening() as more:
        try:
            async for found in bridge.feed.changes(start, more):
                if token_id and not await run_in_threadpool(bridge.tokens.works, token_id, bridge.clock()):
                    return
                for change in found:
                    data = json.dumps(shown.change(change), separators=(",", ":"))
                    yield ServerSentEvent(event="change", id=str(change.number), data=data, sep="\n")
        except (EdgeError, StoreUnavailable):
            # The client comes back by itself, with its place.
            return


def _start(bridge: Bridge, place: int) -> tuple[int, bool]:
    """Behind which number to go on, and whether `place` is one that this edge still knows."""
    if place == 0:
        return 0, True
    found = bridge.edge.changes(place - 1, 1)
    if not found:
        return 0, False
    return place, found[0].number == place


def _too_many() -> Problem:
    return Problem(
        503,
        "too-many-streams",
        "As many streams are open as this bridge serves",
        "Close one, or come back later.",
    )
