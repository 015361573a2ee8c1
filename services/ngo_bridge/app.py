"""Puts a bridge together: an edge, settings, routes and what stands before them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from ngo_bridge import errors, health, local_secret, pages
from ngo_bridge.api import document
from ngo_bridge.bridge import Bridge
from ngo_bridge.commands import Clock, Commands, utc_now
from ngo_bridge.config import BridgeConfig
from ngo_bridge.guards import OwnPagesOnly, SecurityHeaders
from ngo_bridge.pages.problem_pages import ProblemPages
from ngo_bridge.request_spans import RequestSpans
from ngo_bridge.store import CommandBook
from participant_edge.edge import Edge
from referral_exchange.http_guard import protect

MAX_BODY = 64 * 1024
"""Bytes of the largest request body."""


def build(edge: Edge, config: BridgeConfig, clock: Clock = utc_now) -> FastAPI:
    """The application around `edge`. Nothing connects before it starts; `edge` starts and stops with it."""
    secret = local_secret.load(config.data / "bridge.secret")
    book = CommandBook(config.data / "bridge.db")
    commands = Commands(book, secret, clock)
    app = FastAPI(
        title="NGO bridge",
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.bridge = Bridge(edge, config, commands, secret, clock)
    app.include_router(document.router())
    app.include_router(health.router)
    app.include_router(pages.router())
    app.openapi = document.committed  # type: ignore[method-assign]
    _stand_guard(app, config)
    return app


def _stand_guard(app: FastAPI, config: BridgeConfig) -> None:
    """What is added last stands outermost."""
    errors.install_handlers(app)
    protect(app, MAX_BODY)
    app.add_middleware(OwnPagesOnly, origins=config.origins)
    app.add_middleware(ProblemPages, help_lines=config.help_lines)
    app.add_middleware(RequestSpans)
    app.add_middleware(SecurityHeaders)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    bridge: Bridge = app.state.bridge
    bridge.commands.forget_old()
    await run_in_threadpool(bridge.edge.start)
    try:
        yield
    finally:
        await run_in_threadpool(bridge.edge.stop)
        bridge.commands.book.close()
