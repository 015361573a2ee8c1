"""Marks left in browsers that signed in here, so that strangers' wrong tries never make them wait."""

import hmac
import re
import secrets
from dataclasses import dataclass

from ngo_bridge.local_secret import LocalSecret

MOST = 5
"""Accounts that one browser is known for; a desk is shared."""

_SHAPE = re.compile(r"(?P<nonce>[0-9a-f]{32})(?P<mark>[0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class KnownBrowsers:
    """Makes and knows marks. Each is good for one account until its password changes, and tells nothing."""

    secret: LocalSecret

    def known_as(self, cookie: str, caseworker_id: str, password: str) -> str | None:
        """What this browser is counted by at this account; None for a stranger. `password`: its hash."""
        for found in map(_SHAPE.fullmatch, cookie.split(".")[:MOST]):
            if found:
                mark = self._mark(found["nonce"], caseworker_id, password)
                if hmac.compare_digest(found["mark"], mark):
                    return found["nonce"]
        return None

    def with_account(self, cookie: str, caseworker_id: str, password: str) -> str:
        """The cookie for a browser that has just signed in."""
        if self.known_as(cookie, caseworker_id, password):
            return cookie
        nonce = secrets.token_hex(16)
        others = [each for each in cookie.split(".") if _SHAPE.fullmatch(each)]
        return ".".join([nonce + self._mark(nonce, caseworker_id, password), *others][:MOST])

    def _mark(self, nonce: str, caseworker_id: str, password: str) -> str:
        return self.secret.mark("known browser", nonce, caseworker_id, password).hex()
