"""`python -m exchange_command.registry_front`: mutual TLS before a registry that cannot ask for certificates.

Everybody with a certificate reads; the administrator alone registers, changes and deletes.
"""

import re
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus

import httpx
from fastapi import FastAPI, Request, Response

from exchange_command.authority import ADMINISTRATOR
from referral_exchange.http_guard import protect
from referral_exchange.http_headers import SecurityHeaders
from referral_exchange.problems import of_status, response
from referral_exchange.runtime import process
from referral_exchange.runtime.http_service import Threads, serve, server_of
from referral_exchange.runtime.peer import peer_of
from referral_exchange.settings import Settings, SettingsError, from_arguments

MOST_BYTES = 1024 * 1024
_SECONDS = 30.0
"""How long the registry may take: its first answer after a start is slow, and slow is not away."""
_PATH = re.compile(r"/apis/ccompat/v7(/(?!\.+(/|$))[A-Za-z0-9._-]+)*")
_ANY = "/apis/ccompat/v7/config"
_LOOK_UP = re.compile(r"/apis/ccompat/v7/subjects/[^/]+")
_PASSED_ON = ("accept", "content-type")
_METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE"]


def main(argv: Sequence[str] | None = None) -> int:
    """Serves until told to stop: 0; 1 where settings are wrong or the port is taken."""
    process.begin()
    try:
        settings = from_arguments("exchange_command.registry_front", argv)
        server = server_of(build(settings), settings)
    except SettingsError as error:
        print(f"registry_front: {error}", file=sys.stderr)
        return 1
    return serve(server, Threads(server, "the registry's front"))


def build(settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> FastAPI:
    """The application; `transport` stands in for the registry in tests. Raises SettingsError."""
    behind = httpx.AsyncClient(
        base_url=settings.need("registry_url"), timeout=_SECONDS, trust_env=False, transport=transport
    )
    health: str = settings.need("registry_health")

    @asynccontextmanager
    async def closing(_app: FastAPI) -> AsyncIterator[None]:
        async with behind:
            yield

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, lifespan=closing)

    async def ready(_request: Request) -> Response:
        # It calls itself healthy on another port, seconds before it listens on the one that is asked.
        for asked in (httpx.Request("GET", health), behind.build_request("GET", _ANY)):
            answer = await _asked(behind, asked)
            if answer is None or not answer.is_success:
                return Response(status_code=503)
        return Response()

    async def pass_on(request: Request) -> Response:
        refusal = _refused(request.method, request.url.path, peer_of(request))
        if refusal is not None:
            return response(of_status(refusal))
        answer = await _asked(behind, await _like(behind, request))
        if answer is None:
            return response(of_status(HTTPStatus.BAD_GATEWAY))
        kind = answer.headers.get("content-type")
        return Response(answer.content, answer.status_code, media_type=kind)

    app.add_route("/health/ready", ready)
    app.add_route("/health/live", lambda _request: Response())
    app.add_route("/{path:path}", pass_on, methods=_METHODS)
    protect(app, MOST_BYTES)
    app.add_middleware(SecurityHeaders)
    return app


def _refused(method: str, path: str, peer: str | None) -> HTTPStatus | None:
    """The status of a request that does not reach the registry; None for one that does."""
    if not _PATH.fullmatch(path):
        return HTTPStatus.NOT_FOUND
    reads = method in ("GET", "HEAD") or (method == "POST" and _LOOK_UP.fullmatch(path) is not None)
    if peer is None or not (reads or peer == ADMINISTRATOR):
        return HTTPStatus.FORBIDDEN
    return None


async def _like(behind: httpx.AsyncClient, request: Request) -> httpx.Request:
    url = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
    headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
    return behind.build_request(request.method, url, content=await request.body(), headers=headers)


async def _asked(behind: httpx.AsyncClient, request: httpx.Request) -> httpx.Response | None:
    """None where the registry does not answer."""
    try:
        return await behind.send(request)
    except httpx.TransportError:
        return None


if __name__ == "__main__":
    sys.exit(main())
