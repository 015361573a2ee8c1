"""Codes that a person is told and types in, and what is kept of them. Pure.

A code is made from the request that asks for it, so that the same request has the same code: an answer that
was lost is asked for again. Only the ledger's key makes it, and only a mark under that key is stored.
"""

import hashlib
import hmac
from datetime import timedelta

DIGITS = 9

CODE_LASTS = timedelta(minutes=15)
SESSION_LASTS = timedelta(minutes=15)

WITHDRAWS_FOR = timedelta(days=7)
"""For so long a session may take back what it was shown: the page repeats what had no answer."""

LIVE_CODES = 30
"""How many codes of one programme may wait for their person at once."""

KEY_BYTES = 32
KEY_OF_CODES = "survivor-codes"
"""Where the key stands among those of consents: wrapped, re-wrapped and destroyed with them."""


def code_of(key: bytes, discloser: str, request_id: str, attempt: int) -> str:
    """Nine digits. `attempt`: one further where the code before stands for somebody else already."""
    said = f"code.v1\n{discloser}\n{request_id}\n{attempt}".encode()
    number = int.from_bytes(hmac.digest(key, said, hashlib.sha256))
    return f"{number % 10**DIGITS:0{DIGITS}}"


def mark_of(key: bytes, code: str) -> str:
    """What is stored of a code. Keyed: nine digits are soon tried through."""
    return hmac.digest(key, f"mark.v1\n{code}".encode(), hashlib.sha256).hex()


def digest_of(session: bytes) -> str:
    """What is stored of a session. It is 32 random bytes, so nobody tries it through."""
    return hashlib.sha256(session).hexdigest()
