"""The edge's errors as problem answers: which status, and how to go on."""

from collections.abc import Mapping

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse

from ngo_bridge.database import StoreUnavailable
from ngo_bridge.store import KeyReused
from participant_edge.errors import CommandReused, EdgeError, OutcomeUnknown, Refused, TooLarge, UnknownThing
from referral_exchange import problems
from referral_exchange.problems import Problem

RETRY_AFTER_S = 2
"""Seconds after which a repeat makes sense."""

STATUS_BY_CODE: Mapping[str, int] = {
    "unknown": 404,
    "wrong-state": 409,
    "consent-ended": 409,
    "conflict": 409,
    "id-reused": 409,
    "not-openable": 409,
    "not-taking-part": 409,
    "invalid": 422,
    "unknown-programme": 422,
    "unknown-code": 422,
    "parts-missing": 422,
}
"""Status of a refusal by its code; any other is 403."""

_TITLES = {
    403: "This is not allowed",
    409: "The referral does not stand where this needs it",
    422: "A field names something that does not exist",
}


Known = EdgeError | KeyReused | StoreUnavailable
"""What is answered as a problem."""


def problem_of(error: Known) -> Problem:
    """What the caller is told about `error`."""
    match error:
        case OutcomeUnknown() | StoreUnavailable():
            return problems.outcome_unknown()
        case UnknownThing() | Refused(code="unknown"):
            return problems.unknown()
        case CommandReused() | KeyReused():
            return _key_reused()
        case TooLarge():
            return problems.of_status(413)
        case Refused():
            return _refused(error)
        case _:
            return problems.of_status(503)


def install_handlers(app: FastAPI) -> None:
    """Answers the edge's errors, a key used twice and a silent database as problems."""
    for known in (EdgeError, KeyReused, StoreUnavailable):
        app.add_exception_handler(known, _answer)


async def _answer(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Known)
    problem = problem_of(error)
    return problems.response(problem, retry_headers(problem.status))


def retry_headers(status: int) -> dict[str, str]:
    """`Retry-After` where repeating is the thing to do."""
    return {"retry-after": str(RETRY_AFTER_S)} if status == problems.outcome_unknown().status else {}


def _refused(error: Refused) -> Problem:
    status = STATUS_BY_CODE.get(error.code, 403)
    return Problem(status, error.code, _TITLES[status], error.detail, rule=error.rule, law=error.law)


def _key_reused() -> Problem:
    return Problem(
        422,
        "key-reused",
        "This Idempotency-Key was used for another request",
        "Repeat a request with the very same body, or choose a new key for a new request.",
    )
