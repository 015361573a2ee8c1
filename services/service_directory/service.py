"""The HTTP application around a desk. Nothing connects before it starts."""

from collections.abc import Iterable

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse

from referral_exchange import problems
from referral_exchange.http_guard import protect
from referral_exchange.http_headers import SecurityHeaders
from referral_exchange.request_spans import RequestSpans
from referral_exchange.runtime import OutcomeUnknown, ProduceRefused
from service_directory.api import document, health
from service_directory.api.desk import Desk
from service_directory.database import StoreUnavailable
from service_directory.guards import OwnNameOnly
from service_directory.hsds.uploads import MOST_BYTES

_RETRY_AFTER_S = 2
_SECONDS = 60.0
"""For a large upload to arrive."""


def build(desk: Desk, hosts: Iterable[str]) -> FastAPI:
    """The application. `hosts`: host and port under which it is reached."""
    app = FastAPI(title="Service directory", openapi_url="/openapi.json", docs_url=None, redoc_url=None)
    app.state.desk = desk
    app.include_router(document.router())
    app.include_router(health.router)
    app.openapi = document.committed  # type: ignore[method-assign]
    for unanswered in (OutcomeUnknown, ProduceRefused, StoreUnavailable):
        app.add_exception_handler(unanswered, _unanswered)
    # What is added last stands outermost.
    protect(app, MOST_BYTES, _SECONDS)
    app.add_middleware(OwnNameOnly, hosts=tuple(hosts))
    app.add_middleware(RequestSpans)
    app.add_middleware(SecurityHeaders)
    return app


async def _unanswered(_: Request, error: Exception) -> JSONResponse:
    problem = problems.outcome_unknown()
    if isinstance(error, StoreUnavailable):
        problem = problems.of_status(503)
    return problems.response(problem, {"retry-after": str(_RETRY_AFTER_S)})
