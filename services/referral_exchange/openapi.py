"""What our API descriptions share: OpenAPI 3.1, our licence, every error as one of our own problems."""

import json
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi


def described(
    app: FastAPI, *, title: str, summary: str, about: str, problem: dict[str, Any]
) -> dict[str, Any]:
    """The description of `app`'s routes. `problem`: the schema of its errors, in place of FastAPI's own."""
    found = get_openapi(
        title=title,
        version="1.0.0",
        openapi_version="3.1.0",
        summary=summary,
        description=about,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        routes=app.routes,
    )
    schemas = found["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = problem
    return found


def as_text(found: dict[str, Any]) -> str:
    """The description as it stands in its file."""
    return json.dumps(found, indent=2) + "\n"
