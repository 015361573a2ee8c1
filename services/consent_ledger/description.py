"""The ledger's API described in OpenAPI 3.1; run as a module, it writes `openapi.json` anew."""

import sys
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from consent_ledger import api, evidence_api, survivor_api
from referral_exchange import openapi, problems

FILE = Path(__file__).resolve().parent / "openapi.json"

_ABOUT = """Gives, withdraws, seals and opens: asked from each participant's own edge. For a stranger, what is
unknown and what is another's are answered the same, byte for byte.

Every request under /v1 is signed by a programme (RFC 9421, Ed25519) over `@method`, `@path`, `@query` and
`content-digest`, with `keyid` `<programme>/<key_id>`, created within 60 seconds, and a nonce used once. A 503
means *outcome unknown*: repeat with the same ids. A batch is done whole or not at all."""

_PROBLEM: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457. Says what to do and never repeats what was sent.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {
            "type": "string",
            "format": "uri",
            "description": f"{problems.TYPE_BASE}<code>: its last piece is stable.",
        },
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What to do."},
        "rule": {"type": "string", "description": "Id of the rule that denied, to one's own data only."},
        "law": {"type": "string", "description": "Its section."},
    },
}
_MEANINGS = {
    "401": "Not signed, signed wrongly, too long ago, sent before, or with another's certificate.",
    "403": "Denied by a rule, or not the asker's programme.",
    "404": "Unknown, or not the asker's.",
    "409": "The id was used for other content, or the consent is suspended or a ground.",
    "413": "Larger than 512 KiB.",
    "429": "Refused as no party too often, or too many wrong codes: wait a quarter of a minute for each.",
    "422": "A field is missing, wrong or unknown.",
    "503": "Outcome unknown, or not ready yet: repeat with the same ids.",
}
_SIGNED = "signature"
_BASE64 = {"form_commitment", "lock", "blob", "session"}


def describe() -> dict[str, Any]:
    """The description. Health pages are left out: they need no signature and are nobody's contract."""
    app = FastAPI()
    app.include_router(api.router)
    app.include_router(evidence_api.router)
    app.include_router(survivor_api.router)
    found = openapi.described(
        app,
        title="Consent ledger",
        summary="The only truth about consents, grounds and their keys.",
        about=_ABOUT,
        problem=_PROBLEM,
    )
    for schema in found["components"]["schemas"].values():
        for name in _BASE64 & schema.get("properties", {}).keys():
            schema["properties"][name] |= _as_base64(schema["properties"][name])
    found["components"]["securitySchemes"] = {_SIGNED: _scheme()}
    found["security"] = [{_SIGNED: []}]
    for operation in (spec for item in found["paths"].values() for spec in item.values()):
        operation["responses"] |= {status: _answer(said) for status, said in _MEANINGS.items()}
    return found


def text() -> str:
    """The description made anew, as it should stand in the file."""
    return openapi.as_text(describe())


def main() -> int:
    """Writes the file anew."""
    FILE.write_text(text(), encoding="utf-8")
    return 0


def _scheme() -> dict[str, str]:
    said = "RFC 9421, with the header `Signature-Input` beside it."
    return {"type": "apiKey", "in": "header", "name": "Signature", "description": said}


def _as_base64(described: dict[str, Any]) -> dict[str, Any]:
    """Lengths count the bytes, as the body's model does; a reader of the description sees their text."""
    lengths = [name for name in ("minLength", "maxLength") if name in described]
    return {"contentEncoding": "base64"} | {name: -(-described[name] // 3) * 4 for name in lengths}


def _answer(said: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": said, "content": {problems.MEDIA_TYPE: {"schema": schema}}}


if __name__ == "__main__":
    sys.exit(main())
