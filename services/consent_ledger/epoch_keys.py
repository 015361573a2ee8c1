"""Epoch keys as files outside the database: each wraps every consent's key for a day and is destroyed."""

import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from consent_ledger.key_store import EpochKeyMissing

_BYTES = 32
_NONCE = 12


class EpochKeys:
    """A `KeyStore`: one file an epoch in a folder of its own, readable by the owner only."""

    def __init__(self, folder: Path, ledger_id: str) -> None:
        """`folder` is made where absent; keep it out of the database's backups.

        Only files of `ledger_id` are ever read, written or destroyed.
        """
        self._folder = folder
        self._ledger_id = ledger_id
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._known: dict[int, bytes] = {}

    def make(self, epoch: int) -> None:
        """Writes the file, whole or not at all, and its name to disk."""
        key = AESGCM.generate_key(_BYTES * 8)
        aside = self._path(epoch).with_suffix(".key.new")
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, self._path(epoch))
        self._sync_folder()
        self._known[epoch] = key

    def wrap(self, epoch: int, consent_id: str, key: bytes) -> bytes:
        """`key` under the key of `epoch`: nonce (12) and AES-256-GCM bound to consent and epoch."""
        nonce = os.urandom(_NONCE)
        return nonce + AESGCM(self._key(epoch)).encrypt(nonce, key, _bound_to(epoch, consent_id))

    def unwrap(self, epoch: int, consent_id: str, wrapped: bytes) -> bytes:
        """What `wrap` wrapped. Raises EpochKeyMissing."""
        try:
            return AESGCM(self._key(epoch)).decrypt(
                wrapped[:_NONCE], wrapped[_NONCE:], _bound_to(epoch, consent_id)
            )
        except (InvalidTag, ValueError):
            raise EpochKeyMissing(f"epoch key {epoch} is not the one that wrapped this") from None

    def rewrap(self, old: int, new: int, consent_id: str, wrapped: bytes) -> bytes:
        """The same key under another epoch."""
        return self.wrap(new, consent_id, self.unwrap(old, consent_id, wrapped))

    def check(self, epoch: int) -> None:
        """Raises EpochKeyMissing where the key of `epoch` cannot be read."""
        self._key(epoch)

    def has_others(self, epoch: int) -> bool:
        """Whether another key file of this ledger is there, whole or half written."""
        return bool(self._others(epoch))

    def destroy_all_but(self, epoch: int) -> int:
        """Overwrites and removes every other key file, whole or half written; returns how many."""
        doomed = self._others(epoch)
        for path in doomed:
            _destroy(path)
        self._known = {number: key for number, key in self._known.items() if number == epoch}
        if doomed:
            self._sync_folder()
        return len(doomed)

    def _others(self, epoch: int) -> list[Path]:
        return [path for path in self._folder.glob(f"{self._ledger_id}.*.key*") if path != self._path(epoch)]

    def _key(self, epoch: int) -> bytes:
        if epoch not in self._known:
            self._known[epoch] = self._read(epoch)
        return self._known[epoch]

    def _read(self, epoch: int) -> bytes:
        try:
            key = self._path(epoch).read_bytes()
        except FileNotFoundError:
            key = b""
        if len(key) != _BYTES:
            raise EpochKeyMissing(f"epoch key {epoch} is not in its folder; restore the file from its backup")
        return key

    def _path(self, epoch: int) -> Path:
        return self._folder / f"{self._ledger_id}.{epoch}.key"

    def _sync_folder(self) -> None:
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _bound_to(epoch: int, consent_id: str) -> bytes:
    return f"epoch.v1\n{epoch}\n{consent_id}".encode()


def _destroy(path: Path) -> None:
    # Best effort on the medium itself: a copying file system may keep the old block until it is reused.
    with path.open("r+b") as file:
        file.write(b"\0" * path.stat().st_size)
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
