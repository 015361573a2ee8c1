"""The API description: OpenAPI 3.1, every error as problem+json; run as a module, it writes the file anew."""

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.routing import BaseRoute

from ngo_bridge import rules
from ngo_bridge.api import (
    capacity,
    consents,
    documents,
    events,
    inbox,
    intake,
    lookups,
    notices,
    picks,
    referral_acts,
    referrals,
    safe_contact,
    tokens,
    webhooks,
    withdrawals,
)
from ngo_bridge.api.described import told
from referral_exchange import openapi

FILE = Path(__file__).resolve().parents[1] / "openapi.json"

_PROBLEM: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457. Says what to do and never repeats what was sent.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "Stable; its last piece is the code."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What to do."},
        "rule": {"type": "string", "description": "Id of the rule that speaks."},
        "law": {"type": "string", "description": "Its section."},
        "fields": {
            "type": "array",
            "description": "What is wrong where: path and rule, never a value.",
            "items": {
                "type": "object",
                "required": ["field", "error"],
                "properties": {
                    "field": {"type": "string"},
                    "error": {"type": "string"},
                    "hint": {"type": "string"},
                },
            },
        },
    },
    "examples": [
        {
            "type": "https://referral-exchange.example/problems/denied",
            "title": "This is not allowed",
            "status": 403,
            "detail": "Ask the person for a consent that covers this.",
            "rule": "vawa-live-consent",
            "law": "34 USC 12291(b)(2)",
        }
    ],
}

_ABOUT = """Refer a survivor to another programme, answer what is referred to you, report how the service
goes, and take a consent back. One bridge serves one NGO; it listens on this machine only unless it is set
up otherwise.

A 202 or 201 is answered only after the broker has the event. A 503 means *outcome unknown*: repeat with the
same `Idempotency-Key`. Errors are `application/problem+json`. Nothing about a person ever stands in an
address, a header or an error."""


_PARTS = (
    consents,
    referrals,
    referral_acts,
    safe_contact,
    picks,
    documents,
    intake,
    inbox,
    events,
    withdrawals,
    lookups,
    capacity,
    notices,
    webhooks,
    tokens,
)


def routes() -> list[BaseRoute]:
    """Every route of the API. Each part names its whole path, so that a span's route template is whole."""
    return [route for part in _PARTS for route in part.router.routes]


def describe(app: FastAPI) -> dict[str, Any]:
    """The description of `app`."""
    found = openapi.described(
        app,
        title="NGO bridge",
        summary="The HTTP door of one NGO to the referral exchange.",
        about=_ABOUT,
        problem=_PROBLEM,
    )
    found["components"]["securitySchemes"] = {"token": _BEARER}
    for path, item in found["paths"].items():
        for method, operation in item.items():
            _guarded(path, method, operation)
    return found


_BEARER = {
    "type": "http",
    "scheme": "bearer",
    "description": "`python -m ngo_bridge tokens issue` or POST /v1/tokens. Each operation names the scope "
    "that it needs.",
}


def _guarded(path: str, method: str, operation: dict[str, Any]) -> None:
    """Says which scope the operation needs, and what a caller without it is told."""
    operation["security"] = [{"token": [rules.scope_needed(method.upper(), path)]}]
    always = {str(status): answer for status, answer in told(401, 403, 429, 503).items()}
    operation["responses"] = dict(sorted((always | operation["responses"]).items()))


@cache
def committed() -> dict[str, Any]:
    """The description as it stands in the file, which a test keeps current: made once, not at every start."""
    loaded: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return loaded


def text() -> str:
    """The description made anew, as it should stand in the file."""
    return openapi.as_text(describe(FastAPI(routes=routes())))


def main() -> int:
    """Writes the file anew."""
    FILE.write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
