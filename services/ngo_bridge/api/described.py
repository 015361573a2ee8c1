"""How the API description tells of parameters and problem answers."""

from typing import Annotated, Any

from fastapi import Header, Path, Query

from ngo_bridge.api.field_types import ThingId
from referral_exchange import problems

CommandKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=128,
        pattern=r"^[\x21-\x7e]+$",
        description="Random text of your choice, 1 to 128 visible characters, kept for repeats. The same key "
        "with the same body does nothing twice and gets the same answer; with another body, 422. Never put "
        "anything about a person into it.",
        examples=["0b0a7f34-31de-4c0b-9f53-0f6f53a6a5a1"],
    ),
]

ReferralPath = Annotated[ThingId, Path(description="The referral's id.")]
ConsentPath = Annotated[ThingId, Path(description="The consent's id.")]
Cursor = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=512,
        pattern=r"^[\x21-\x7e]+$",
        description="`next` of the page before this one.",
    ),
]
Limit = Annotated[int, Query(ge=1, le=200, description="Items a page.")]

_SAYS = {
    400: "The body cannot be read: it is no text in UTF-8.",
    401: "No token came, or one that does not work.",
    403: "Not allowed: `rule` and `law` name the rule that speaks, or a scope is missing. Nothing left.",
    404: "Nothing is known under this id, here or to you.",
    409: "The referral or its consent does not stand where this needs it. Read it again.",
    413: "The body is larger than 64 KiB, or a part larger than it may be.",
    415: "The body is not `application/json`.",
    422: "A field is missing or wrong, or the key was used for another request. Values are never repeated.",
    429: "Too many calls came with tokens that do not work. `Retry-After` says when to go on.",
    503: "Not now, or nobody knows whether it took effect. Repeat with the same key after `Retry-After`.",
}

Described = dict[int | str, dict[str, Any]]
"""`responses` of a route."""


def told(*statuses: int) -> Described:
    """The problem answers of a route, by status."""
    return {status: _problem(status) for status in statuses}


def reading(*more: int) -> Described:
    """Problem answers of a GET."""
    return told(422, *more)


def commanding(*more: int) -> Described:
    """Problem answers of a POST that changes something."""
    return told(400, 403, 409, 413, 415, 422, 503, *more)


def _problem(status: int) -> dict[str, Any]:
    described: dict[str, Any] = {
        "description": _SAYS[status],
        "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status in (429, 503):
        described["headers"] = {
            "Retry-After": {"description": "Seconds to wait before a repeat.", "schema": {"type": "integer"}}
        }
    return described


def with_location(description: str) -> dict[str, Any]:
    """An answer that says in `Location` where the thing stands."""
    place = {"description": "Where it stands.", "schema": {"type": "string", "format": "uri-reference"}}
    return {"description": description, "headers": {"Location": place}}
