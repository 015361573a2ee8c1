"""Problem details (RFC 9457) that never repeat what the caller sent."""

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

TYPE_BASE = "https://referral-exchange.example/problems/"
"""Prefix of every problem type; the last piece is the stable code."""

MEDIA_TYPE = "application/problem+json"

_BY_STATUS = {
    400: ("malformed", "The request cannot be read", "Send JSON as the API description says."),
    401: ("signature", "The request is not signed as it must be", "Sign it with the programme's own key."),
    404: ("unknown", "Nothing is known under this name", "Check the address and the ids."),
    405: ("method-not-allowed", "This address takes another method", "See the header Allow."),
    408: ("too-slow", "The request took too long to arrive", "Send it again."),
    413: ("too-large", "The request is too large", "Send less in one request."),
    415: ("media-type", "The media type is not taken here", "Send application/json."),
    422: ("invalid", "A field is missing or wrong", "Mend the fields listed and send the request again."),
    500: (
        "internal",
        "Something failed here",
        "Send it again with the same ids; if it persists, tell the operator.",
    ),
    503: ("unavailable", "The service cannot answer now", "Send it again with the same ids."),
}
_HINTS = {
    "missing": "add this field",
    "extra_forbidden": "this field does not exist here; leave it out",
    "json_invalid": "the body is not JSON",
}


class Problem(Exception):
    """What went wrong, told to the caller. `detail` says what to do and holds no caller's data.

    `code` is stable and public; `rule` and `law` name the policy that denied, where one did;
    `more` are extension members of RFC 9457, from our side only.
    """

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        detail: str = "",
        *,
        rule: str | None = None,
        law: str | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        """`status` is the HTTP status."""
        super().__init__(code)
        self.status = status
        self.code = code
        named = {"detail": detail, "rule": rule, "law": law}
        self.body: dict[str, Any] = {
            "type": TYPE_BASE + code,
            "title": title,
            "status": status,
            **{name: value for name, value in named.items() if value},
            **(more or {}),
        }


def of_status(status: int) -> Problem:
    """The plain problem of an HTTP status."""
    code, title, detail = _BY_STATUS.get(status, (f"http-{status}", "The request was not taken", ""))
    return Problem(status, code, title, detail)


def unknown() -> Problem:
    """What a stranger is told: byte for byte the same whether the thing exists or not."""
    return of_status(404)


def outcome_unknown() -> Problem:
    """It may or may not have happened; repeating with the same ids is safe and tells."""
    return Problem(
        503,
        "outcome-unknown",
        "It is not known whether this took effect",
        "Repeat the request with the same ids: it takes effect once.",
    )


def response(problem: Problem, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The HTTP answer that carries `problem`; never cached."""
    fixed = {"cache-control": "no-store", **(headers or {})}
    return JSONResponse(problem.body, problem.status, fixed, media_type=MEDIA_TYPE)


def install_handlers(app: FastAPI) -> None:
    """Replaces FastAPI's own error answers, whose 422 repeats the input."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_invalid)


async def _on_problem(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)
    return response(error)


async def _on_http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    allow = {name: value for name, value in (error.headers or {}).items() if name.lower() == "allow"}
    return response(of_status(error.status_code), allow)


async def _on_invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    known = _field_names(request.app)
    fields = [
        {
            "field": ".".join(_shown(part, known) for part in found["loc"]),
            "error": found["type"],
            **({"hint": _HINTS[found["type"]]} if found["type"] in _HINTS else {}),
        }
        for found in error.errors()[:20]
    ]
    code, title, detail = _BY_STATUS[422]
    return response(Problem(422, code, title, detail, more={"fields": fields}))


def _shown(part: int | str, known: frozenset[str]) -> str:
    """A caller may put anything into a field's *name*, so only names of our own are repeated."""
    return str(part) if isinstance(part, int) or part in known else "(unknown)"


def _field_names(app: FastAPI) -> frozenset[str]:
    """Every field and parameter name that the API description declares."""
    if not hasattr(app.state, "field_names"):
        app.state.field_names = frozenset(("body", "query", "path", "header", *_names(app.openapi())))
    names: frozenset[str] = app.state.field_names
    return names


def _names(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        properties = node.get("properties")
        if isinstance(properties, dict):
            yield from properties
        if "in" in node and isinstance(node.get("name"), str):
            yield node["name"]
        if isinstance(node.get("discriminator"), dict):
            yield from node["discriminator"].get("mapping", ())
        for value in node.values():
            yield from _names(value)
    elif isinstance(node, list):
        for item in node:
            yield from _names(item)
