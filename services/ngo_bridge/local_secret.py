"""A random secret of this bridge alone, in a file of its own, that makes its marks unforgeable."""

import hmac
import secrets
import struct
from dataclasses import dataclass
from pathlib import Path

from referral_exchange import whole_files

_BYTES = 32


@dataclass(frozen=True, slots=True, repr=False)
class LocalSecret:
    """Makes keyed marks; without the file nobody can make or check one."""

    key: bytes

    def mark(self, purpose: str, *pieces: str) -> bytes:
        """HMAC-SHA-256 over the pieces, 32 bytes; marks of different purposes never meet."""
        data = b"".join(struct.pack(">I", len(p)) + p for p in (text.encode() for text in (purpose, *pieces)))
        return hmac.digest(self.key, data, "sha256")


def load(path: Path) -> LocalSecret:
    """The secret in `path`, made on first use, readable by its owner only."""
    try:
        return LocalSecret(path.read_bytes())
    except FileNotFoundError:
        whole_files.put_once(path, secrets.token_bytes(_BYTES))
        return LocalSecret(path.read_bytes())
