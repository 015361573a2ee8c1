"""The API description: OpenAPI 3.1, every error as problem+json; run as a module, it writes the file anew."""

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi

from ngo_bridge.api import consents, inbox, lookups, referral_acts, referrals, withdrawals

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


def router() -> APIRouter:
    """Every route of the API. Each part names its whole path, so that a span's route template is whole."""
    whole = APIRouter()
    for part in (consents, referrals, referral_acts, inbox, withdrawals, lookups):
        whole.include_router(part.router)
    return whole


def describe(app: FastAPI) -> dict[str, Any]:
    """The description of `app`."""
    found = get_openapi(
        title="NGO bridge",
        version="1.0.0",
        openapi_version="3.1.0",
        summary="The HTTP door of one NGO to the referral exchange.",
        description=_ABOUT,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        routes=app.routes,
    )
    schemas = found["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = _PROBLEM
    return found


@cache
def committed() -> dict[str, Any]:
    """The description as it stands in the file, which a test keeps current: made once, not at every start."""
    loaded: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return loaded


def text() -> str:
    """The description made anew, as it should stand in the file."""
    app = FastAPI()
    app.include_router(router())
    return json.dumps(describe(app), indent=2) + "\n"


def main() -> int:
    """Writes the file anew."""
    FILE.write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
