"""What an edge must remember of its own clients, encrypted under a key outside its database."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from referral_exchange import whole_files

_NONCE = 12


class MemoryUnreadable(Exception):
    """The key file and the database do not belong together. Restore the key file from its own backup."""


@dataclass(frozen=True, slots=True, repr=False)
class OwnMemory:
    """Encrypts for the database (AES-256-GCM) and makes keyed fingerprints (HMAC-SHA256)."""

    key: bytes

    def protect(self, plain: bytes, row: str) -> bytes:
        """`plain` for the row named `row`; it opens in no other row."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + AESGCM(self._sub_key(b"memory")).encrypt(nonce, plain, row.encode())

    def reveal(self, protected: bytes, row: str) -> bytes:
        """What was protected for `row`. Raises MemoryUnreadable."""
        nonce, body = protected[:_NONCE], protected[_NONCE:]
        try:
            return AESGCM(self._sub_key(b"memory")).decrypt(nonce, body, row.encode())
        except (InvalidTag, ValueError):
            raise MemoryUnreadable("restore the edge's key file that belongs to this database") from None

    def fingerprint(self, content: bytes) -> bytes:
        """Tells two commands apart. Keyed: a plain hash of what a command says would betray guesses."""
        return hmac.digest(self._sub_key(b"fingerprint"), content, hashlib.sha256)

    def _sub_key(self, purpose: bytes) -> bytes:
        return hmac.digest(self.key, purpose, hashlib.sha256)


def open_memory(keys: Path, participant: str) -> OwnMemory:
    """The memory of `participant`; its key file is made, for the owner only, where it is absent."""
    path = keys / f"{participant}.edge.key"
    if not path.exists():
        whole_files.put_once(path, secrets.token_bytes(32))
    key = path.read_bytes()
    if len(key) != 32:
        raise MemoryUnreadable(f"{path.name}: not a key of 32 bytes; restore it from its backup")
    return OwnMemory(key)
