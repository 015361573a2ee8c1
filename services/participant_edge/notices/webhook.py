"""Signed calls to a participant's own systems (Standard Webhooks), routing fields only."""

import base64
import binascii
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook

from participant_edge.notices import outside
from participant_edge.notices.outcomes import Delivered, Failed, Outcome
from participant_edge.notices.outside import Call, Resolve

_PREFIX = "whsec_"
_SHORTEST, _LONGEST = 24, 64
"""Bytes of a secret, as the specification bounds them."""


class SecretUnusable(ValueError):
    """Not a secret of Standard Webhooks: `whsec_` and 24 to 64 random bytes in base64."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to call. `kinds`: the kinds of changes it wants, empty for all.

    `previous`: the secret before a rotation, by which each call is signed as well for a while.
    """

    id: str
    url: str
    secret: str = field(repr=False)
    kinds: frozenset[str] = frozenset()
    previous: str | None = field(default=None, repr=False)


def new_secret() -> str:
    """A fresh secret, 32 random bytes."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def check_secret(secret: str) -> str:
    """The same secret. Raises SecretUnusable."""
    # The library takes a secret of one byte, and skips what is no base64.
    try:
        raw = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise SecretUnusable("give whsec_ and 24 to 64 random bytes in base64") from None
    if not secret.startswith(_PREFIX) or not _SHORTEST <= len(raw) <= _LONGEST:
        raise SecretUnusable("give whsec_ and 24 to 64 random bytes in base64")
    return secret


def signed(endpoint: Endpoint, message_id: str, payload: Mapping[str, Any], at: datetime) -> Call:
    """The request. `message_id` stays the same over attempts, `at` is the attempt's own time."""
    body = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
    # The library replaces the zone where it should convert to it: any other than UTC would sign another time.
    moment = at.astimezone(UTC)
    both = filter(None, (endpoint.secret, endpoint.previous))
    headers = {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(message_id, moment, body) for secret in both),
    }
    return Call("POST", endpoint.url, headers, body.encode())


def deliver(
    endpoint: Endpoint,
    message_id: str,
    payload: Mapping[str, Any],
    at: datetime,
    *,
    allow_private: bool = False,
    within_s: float = outside.WITHIN_S,
    resolve: Resolve = outside.addresses_of,
) -> Outcome:
    """One attempt. Any answer of 2xx is taken as delivered; the rest is worth another attempt later."""
    call = signed(endpoint, message_id, payload, at)
    return outside.send(call, allow_private=allow_private, within_s=within_s, resolve=resolve)


__all__ = [
    "Delivered",
    "Endpoint",
    "Failed",
    "SecretUnusable",
    "check_secret",
    "deliver",
    "new_secret",
    "signed",
]
