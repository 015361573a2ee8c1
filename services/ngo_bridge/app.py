"""Puts a bridge together: an edge, settings, routes and what stands before them."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from ngo_bridge import errors, health, local_secret, pages
from ngo_bridge.access import BearerOnly
from ngo_bridge.acted import Acted
from ngo_bridge.api import document
from ngo_bridge.bridge import Bridge
from ngo_bridge.commands import Clock, Commands, utc_now
from ngo_bridge.config import BridgeConfig
from ngo_bridge.database import Database
from ngo_bridge.failure_limit import FailureLimit
from ngo_bridge.feed import USUAL_STREAMING, ChangeFeed, Streaming
from ngo_bridge.guards import is_page
from ngo_bridge.pages.problem_pages import ProblemPages
from ngo_bridge.sign_in.desk import Desk
from ngo_bridge.sign_in.door import SignedInOnly
from ngo_bridge.store import CommandBook
from ngo_bridge.token_book import TokenBook
from participant_edge.edge import Edge
from participant_edge.notices.notices import Notices
from referral_exchange.http_guard import protect
from referral_exchange.http_headers import SecurityHeaders
from referral_exchange.own_pages import OwnPagesOnly
from referral_exchange.pages.language import Speaks
from referral_exchange.request_spans import RequestSpans

MAX_BODY = 64 * 1024
"""Bytes of the largest request body."""


def build(
    edge: Edge,
    config: BridgeConfig,
    clock: Clock = utc_now,
    *,
    notices: Notices | None = None,
    streaming: Streaming = USUAL_STREAMING,
) -> FastAPI:
    """The application around `edge` and `notices`, which start and stop with it. Opens its database."""
    secret = local_secret.load(config.secret_file)
    database = Database(config.database_url)
    commands = Commands(CommandBook(database), secret, clock)
    app = FastAPI(
        title="NGO bridge",
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        # As they are: `include_router` would work out anew, for each application, what each of them takes.
        routes=[*document.routes(), *health.router.routes, *pages.routes()],
    )
    tokens, feed = TokenBook(database), ChangeFeed(edge, streaming)
    desk = Desk(database, secret, config.password_cost)
    app.state.bridge = Bridge(edge, config, commands, secret, clock, tokens, desk, feed, notices)
    app.state.database = database
    app.openapi = document.committed  # type: ignore[method-assign]
    _stand_guard(app, app.state.bridge)
    return app


def _stand_guard(app: FastAPI, bridge: Bridge) -> None:
    """What is added last stands outermost."""
    config = bridge.config
    errors.install_handlers(app)
    protect(app, MAX_BODY)
    clock, desk = bridge.clock, bridge.desk
    app.add_middleware(Acted, audit=desk.audit, clock=clock)
    app.add_middleware(SignedInOnly, sessions=desk.sessions, cookies=bridge.cookies, clock=clock)
    app.add_middleware(BearerOnly, book=bridge.tokens, limit=FailureLimit(time.monotonic), clock=clock)
    app.add_middleware(OwnPagesOnly, origins=config.origins, is_page=is_page)
    app.add_middleware(ProblemPages, help_lines=config.help_lines)
    app.add_middleware(Speaks)
    app.add_middleware(RequestSpans)
    app.add_middleware(SecurityHeaders, pages=True)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    bridge: Bridge = app.state.bridge
    bridge.commands.forget_old()
    await run_in_threadpool(bridge.edge.start)
    if bridge.notices is not None:
        bridge.notices.start()
    try:
        yield
    finally:
        await bridge.feed.end()
        if bridge.notices is not None:
            await run_in_threadpool(bridge.notices.stop)
        await run_in_threadpool(bridge.edge.stop)
        app.state.database.close()
