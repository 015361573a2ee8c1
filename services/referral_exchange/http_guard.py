"""What stands before every HTTP service of ours: a body cap, and errors that show no data."""

import asyncio
import logging
import traceback
from dataclasses import dataclass

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from referral_exchange import problems

log = logging.getLogger(__name__)

_DISCARD_AT_MOST = 32 * 1024 * 1024
"""A body over the cap is read and thrown away up to here, so that the caller can hear the 413."""


def protect(app: FastAPI, max_body: int, seconds: float = 30.0) -> None:
    """Adds problem answers, the body cap in bytes, and a bound on a body's arrival in seconds."""
    problems.install_handlers(app)
    app.add_middleware(Guard, max_body=max_body, seconds=seconds)


@dataclass(frozen=True, slots=True)
class Guard:
    """ASGI middleware: reads the body up to `max_body` before the app runs; turns any failure into a 500.

    An exception's text may quote a request, so only its class and place are logged.
    """

    app: ASGIApp
    max_body: int
    seconds: float

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = await self._body(receive)
        if isinstance(body, problems.Problem):
            await problems.response(body, {"connection": "close"})(scope, receive, send)
        elif body is not None:
            await self._run(scope, _Replay(body, receive), send)

    async def _body(self, receive: Receive) -> bytes | problems.Problem | None:
        try:
            async with asyncio.timeout(self.seconds):
                return await self._read(receive)
        except TimeoutError:
            return problems.of_status(408)

    async def _read(self, receive: Receive) -> bytes | problems.Problem | None:
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return None
            chunk = message.get("body", b"")
            size += len(chunk)
            if size <= self.max_body:
                chunks.append(chunk)
            else:
                chunks.clear()
            if not message.get("more_body", False) or size > _DISCARD_AT_MOST:
                return b"".join(chunks) if size <= self.max_body else problems.of_status(413)

    async def _run(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:  # noqa: BLE001 - the last resort of every service
            log.error("a request failed: %s", place_of(error))
            if not started:
                await problems.response(problems.of_status(500))(scope, receive, send)


class _Replay:
    """Hands the body on that was read already, then listens for the caller's leaving."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


def place_of(error: BaseException) -> str:
    """Class and place of an exception, without its text, which may quote data."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].filename.rsplit('/', 1)[-1]}:{frames[-1].lineno}" if frames else "nowhere"
    return f"{type(error).__name__} at {where}"
