"""What an API token is: its text, which is shown once, and the digest by which it is known again."""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import date, datetime
from typing import get_args

from ngo_bridge.rules import Scope

SCOPES: tuple[Scope, ...] = get_args(Scope)

NAME = r"[a-z][a-z0-9-]{1,62}"
"""What a token is called: the program that calls, never a person."""

USUAL_DAYS, LONGEST_DAYS = 365, 3660

_SECRET_BYTES = 32
_SHAPE = re.compile(r"nb_(?P<id>[0-9a-f]{32})_(?P<secret>[A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token as it is listed; nothing here lets anybody call."""

    token_id: str
    name: str
    scopes: frozenset[Scope]
    issued_at: datetime
    ends_at: datetime | None
    revoked_at: datetime | None = None
    last_used_on: date | None = None

    def works(self, now: datetime) -> bool:
        """Whether it may be used at `now`."""
        return self.revoked_at is None and (self.ends_at is None or now < self.ends_at)


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """The part of a token that only its holder has."""

    token_id: str
    raw: bytes

    @property
    def text(self) -> str:
        """The whole token, as a caller sends it."""
        return f"nb_{self.token_id.replace('-', '')}_{_base64(self.raw)}"

    @property
    def digest(self) -> bytes:
        """What is kept. 32 random bytes cannot be guessed, so a slow or salted hash would add nothing."""
        return hashlib.sha256(self.raw).digest()

    def fits(self, digest: bytes) -> bool:
        """Whether `digest` is this secret's; takes as long whether it is or not."""
        return hmac.compare_digest(self.digest, digest)


def fresh_secret(token_id: str) -> Secret:
    """A new random secret for the token `token_id`."""
    return Secret(token_id, secrets.token_bytes(_SECRET_BYTES))


def read(text: str) -> Secret | None:
    """What a caller sent, taken apart; None where it has not the shape of a token."""
    found = _SHAPE.fullmatch(text)
    if found is None:
        return None
    raw = base64.urlsafe_b64decode(found["secret"] + "=")
    code = found["id"]
    dashed = "-".join((code[:8], code[8:12], code[12:16], code[16:20], code[20:]))
    return Secret(dashed, raw)


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
