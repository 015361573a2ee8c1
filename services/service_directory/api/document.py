"""The API description: OpenAPI 3.1, every error as problem+json; run as a module, it writes the file anew."""

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, FastAPI

from referral_exchange import openapi
from service_directory.api import enrolling, exchanging, searching, standing
from service_directory.api.desk import directory_read

FILE = Path(__file__).resolve().parents[1] / "openapi.json"

_MEANINGS = {
    "400": "The body is not JSON.",
    "403": "Another site's page sent it, or somebody else than the operator.",
    "404": "Nothing is known under this name.",
    "408": "The request took too long to arrive.",
    "409": "It mixes enforcement and assistance, takes another's programme or swaps a key, or was expelled.",
    "413": "Too large.",
    "415": "Another media type is needed.",
    "421": "The service does not answer under this name.",
    "422": "A field is missing or wrong.",
    "500": "Something failed here.",
    "503": "Not known whether it took effect; repeat it, it takes effect once.",
}
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
    },
}
_ABOUT = """Find a programme, list one, and exchange the directory as HSDS 3. It listens on this machine only
unless it is set up otherwise. No address, telephone number, e-mail, web address or coordinate is ever kept.

What changes a listing is answered only after the broker has it; a 503 means *outcome unknown*: repeat it."""


def router() -> APIRouter:
    """Every route of the API, each with its whole path."""
    whole = APIRouter(dependencies=[Depends(directory_read)])
    for part in (searching, exchanging, enrolling, standing):
        whole.include_router(part.router)
    return whole


def describe(app: FastAPI) -> dict[str, Any]:
    """The description of `app`."""
    found = openapi.described(
        app,
        title="Service directory",
        summary="Who helps with what, in which languages, where, and whether there is room.",
        about=_ABOUT,
        problem=_PROBLEM,
    )
    for operations in found["paths"].values():
        for method, operation in operations.items():
            _add_problems(operation, reads=method == "get")
    return found


@cache
def committed() -> dict[str, Any]:
    """The description as it stands in the file, which a test keeps current."""
    loaded: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return loaded


def text() -> str:
    """The description made anew, as it should stand in the file."""
    app = FastAPI()
    app.include_router(router())
    return openapi.as_text(describe(app))


def main() -> int:
    """Writes the file anew."""
    FILE.write_text(text(), encoding="utf-8")
    return 0


def _add_problems(operation: dict[str, Any], *, reads: bool) -> None:
    for status, meaning in _MEANINGS.items():
        if reads and status in {"400", "409", "415"}:
            continue
        operation["responses"][status] = {
            "description": meaning,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }


if __name__ == "__main__":
    sys.exit(main())
