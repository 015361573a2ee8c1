"""Tokens of programs that call this bridge: issued, listed, revoked by who holds the scope `admin`."""

from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from ngo_bridge.api.answered import Links, Listing
from ngo_bridge.api.described import CommandKey, commanding, reading, told, with_location
from ngo_bridge.api.field_types import EachOnce, Taken, ThingId
from ngo_bridge.bridge import BridgeOf
from ngo_bridge.rules import Scope
from ngo_bridge.token_book import ShownOnce
from ngo_bridge.tokens import LONGEST_DAYS, NAME, USUAL_DAYS, Token
from referral_exchange import problems
from referral_exchange.problems import Problem
from referral_exchange.unshown import no_fields

router = APIRouter(prefix="/v1/tokens", tags=["tokens"])

TokenPath = Annotated[ThingId, Path(description="The token's id; not the token.")]


class TokenAsked(Taken):
    """A token for one program."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "case-records", "scopes": ["read", "write"], "days": 90}]}
    )

    name: str = Field(pattern=f"^{NAME}$", description="The program that calls; never a person.")
    scopes: Annotated[list[Scope], EachOnce] = Field(
        min_length=1,
        max_length=5,
        description="read: look. write: send, answer, report. open: see what came in. withdraw. "
        "admin: tokens and webhooks. None holds another.",
    )
    days: StrictInt | None = Field(
        default=USUAL_DAYS, ge=1, le=LONGEST_DAYS, description="How long it works; null: until revoked."
    )


class TokenAnswer(BaseModel):
    """A token as it is listed."""

    token_id: str
    name: str
    scopes: list[str]
    issued_at: datetime
    ends_at: datetime | None
    revoked_at: datetime | None
    last_used_on: date | None = Field(description="The day, no finer.")
    links: Links


class TokenShown(TokenAnswer):
    """A new token."""

    __repr_args__ = no_fields

    token: str = Field(description="Shown this once: `Authorization: Bearer ...`.")


@router.post(
    "",
    status_code=201,
    operation_id="issueToken",
    responses={
        201: with_location("Issued."),
        **commanding(),
    },
)
def issue(body: TokenAsked, key: CommandKey, bridge: BridgeOf, response: Response) -> TokenShown:
    """Issues a token and shows it once; a repeat of the same request is told so."""
    command = bridge.commands.claim("issueToken", key, body.model_dump_json())
    issued = Token(
        token_id=command.id,
        name=body.name,
        scopes=frozenset(body.scopes),
        issued_at=command.first_at,
        ends_at=command.first_at + timedelta(days=body.days) if body.days else None,
    )
    try:
        secret = bridge.tokens.issue(issued)
    except ShownOnce:
        raise shown_once() from None
    response.headers["location"] = _path(issued)
    return TokenShown(**_listed(issued).model_dump(), token=secret.text)


@router.get("", operation_id="listTokens", responses=reading())
def tokens(bridge: BridgeOf) -> Listing[TokenAnswer]:
    """Every token ever issued, those revoked too; never the token itself."""
    return Listing(items=[_listed(known) for known in bridge.tokens.all()], next=None)


@router.delete("/{token_id}", operation_id="revokeToken", responses=told(403, 404, 422, 503))
def revoke(token_id: TokenPath, bridge: BridgeOf) -> TokenAnswer:
    """Ends a token from the next call on. Its open streams end with it. A second time changes nothing."""
    ended = bridge.tokens.revoke(token_id, bridge.clock())
    if ended is None:
        raise problems.unknown()
    return _listed(ended)


def shown_once() -> Problem:
    """What was made under this key is known here by its digest only."""
    return Problem(
        409,
        "shown-once",
        "This was made and shown before",
        "It cannot be shown again. Remove it, and ask for another with a new key.",
    )


def _listed(known: Token) -> TokenAnswer:
    return TokenAnswer(
        token_id=known.token_id,
        name=known.name,
        scopes=sorted(known.scopes),
        issued_at=known.issued_at,
        ends_at=known.ends_at,
        revoked_at=known.revoked_at,
        last_used_on=known.last_used_on,
        links={"self": _path(known)},
    )


def _path(known: Token) -> str:
    return f"/v1/tokens/{known.token_id}"
