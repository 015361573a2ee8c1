"""Passwords as argon2id hashes (RFC 9106), made slow on purpose, and so checked a few at a time."""

import base64
import secrets
import threading
import unicodedata
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ngo_bridge.local_secret import LocalSecret

_SALT, _HASH = 16, 32


@dataclass(frozen=True, slots=True)
class Cost:
    """What one check costs: passes over `memory_kib` KiB, in `lanes` threads."""

    passes: int = 3
    memory_kib: int = 64 * 1024
    lanes: int = 4


USUAL_COST = Cost()
"""RFC 9106's second recommended option."""

AT_ONCE = 2
"""Checks at the same time, of strangers and of known browsers each: memory and processors stay free."""

PATIENCE_S = 5.0


class Busy(Exception):
    """So many passwords are being checked that this one was not. Try again in a moment."""


class Passwords:
    """Makes and checks hashes. What is hashed is marked with the bridge's secret first.

    So who has the database alone, without the file of that secret, cannot even guess.
    """

    def __init__(self, secret: LocalSecret, cost: Cost = USUAL_COST) -> None:
        """`secret`: the bridge's own."""
        self._secret = secret
        self._hasher = PasswordHasher(cost.passes, cost.memory_kib, cost.lanes, _HASH, _SALT)
        # No password fits it: its digest is chance. Checking it costs what checking a real one does.
        salt, digest = (_plain64(secrets.token_bytes(size)) for size in (_SALT, _HASH))
        self._nobodys = f"$argon2id$v=19$m={cost.memory_kib},t={cost.passes},p={cost.lanes}${salt}${digest}"
        self._turns = {known: threading.BoundedSemaphore(AT_ONCE) for known in (False, True)}

    def made(self, caseworker_id: str, password: str) -> str:
        """The hash to keep, with its salt and cost."""
        return self._hasher.hash(self._marked(caseworker_id, password))

    def fits(self, kept: str | None, caseworker_id: str, password: str, *, known: bool = False) -> bool:
        """Whether `password` is the one of `kept`; None takes as long as any other. Raises Busy.

        `known`: asked from a known browser. Those take turns of their own, so strangers cannot hold them up.
        """
        turns = self._turns[known]
        if not turns.acquire(timeout=PATIENCE_S):
            raise Busy
        try:
            return self._hasher.verify(kept or self._nobodys, self._marked(caseworker_id, password))
        except (VerificationError, InvalidHashError):
            return False
        finally:
            turns.release()

    def outdated(self, kept: str) -> bool:
        """Whether `kept` was made at another cost, and should be made anew."""
        return self._hasher.check_needs_rehash(kept)

    def _marked(self, caseworker_id: str, password: str) -> bytes:
        # The same letters are the same password, whichever way a keyboard puts them together.
        whole = unicodedata.normalize("NFKC", password)
        return self._secret.mark("password", caseworker_id, whole)


def fresh_password() -> str:
    """A random password of 100 bits that a person can read aloud and type: five groups of four."""
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(5))


def _plain64(raw: bytes) -> str:
    return base64.b64encode(raw).decode().rstrip("=")
