"""A random secret of this bridge alone, in a file of its own, that makes its marks unforgeable."""

import hmac
import os
import secrets
import struct
from dataclasses import dataclass
from pathlib import Path

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
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return LocalSecret(path.read_bytes())
    except FileNotFoundError:
        return _make(path)


def _make(path: Path) -> LocalSecret:
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_bytes(_BYTES))
        file.flush()
        os.fsync(file.fileno())
    os.replace(aside, path)
    return LocalSecret(path.read_bytes())
