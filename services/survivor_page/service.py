"""The HTTP application around a site. Nothing connects before it starts."""

from collections.abc import Callable, Mapping

from fastapi import FastAPI, Request
from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from referral_exchange.http_guard import protect
from referral_exchange.http_headers import SecurityHeaders
from referral_exchange.own_pages import HEALTH, OwnPagesOnly
from referral_exchange.pages.language import Speaks
from referral_exchange.problems import MEDIA_TYPE
from referral_exchange.request_spans import RequestSpans
from survivor_page.config import PageConfig
from survivor_page.pages import front, rendering
from survivor_page.site import Site

MAX_BODY = 128 * 1024
"""Bytes of the largest form: it brings along what was shown."""


def build(site: Site, ready: Callable[[], Mapping[str, bool]]) -> FastAPI:
    """The application. `ready` names each thing that must work, and whether it does."""
    app = FastAPI(title="Page", openapi_url=None, docs_url=None, redoc_url=None)
    app.state.site = site
    app.include_router(front.router)

    @app.get(f"{HEALTH}/live")
    async def live() -> dict[str, bool]:
        return {"live": True}

    @app.get(f"{HEALTH}/ready")
    def whether_ready(request: Request) -> JSONResponse:
        parts = dict(ready())
        good = all(parts.values())
        return JSONResponse({"ready": good, **parts}, 200 if good else 503)

    # What is added last stands outermost.
    protect(app, MAX_BODY)
    app.add_middleware(OwnPagesOnly, origins=site.config.origins)
    app.add_middleware(PlainErrors, config=site.config)
    app.add_middleware(Speaks, remembers=False)
    app.add_middleware(RequestSpans)
    app.add_middleware(SecurityHeaders, pages=True)
    return app


class PlainErrors:
    """ASGI middleware: where an answer would be a problem for programs, a plain page says it instead."""

    def __init__(self, app: ASGIApp, config: PageConfig) -> None:
        """`config`: which help the page names."""
        self._app, self._config = app, config

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or str(scope["path"]).startswith(HEALTH):
            await self._app(scope, receive, send)
            return
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start" and _is_problem(message):
                status = message["status"]
            elif not status:
                await send(message)

        await self._app(scope, receive, watched)
        if status:
            page = rendering.show(self._config, "problem.html", rendering.now(), status)
            await page(scope, receive, send)


def _is_problem(message: Message) -> bool:
    return MutableHeaders(raw=message["headers"]).get("content-type", "").startswith(MEDIA_TYPE)
