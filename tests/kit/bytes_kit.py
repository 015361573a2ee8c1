"""Reads the bytes that a machine holds, and looks in them for secrets in whatever form."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from sqlalchemy.engine import make_url

from consent_ledger.epoch_keys import EpochKeys
from consent_ledger.key_store import EpochKeyMissing

WRAPPED_BYTES = 12 + 32 + 16


class Remembering(EpochKeys):
    """Epoch keys as files, and a memory of all that was ever wrapped, for tests that look for it later."""

    def __init__(self, folder: Path, ledger_id: str) -> None:
        super().__init__(folder, ledger_id)
        self.plain: dict[str, bytes] = {}
        self.wrapped: dict[str, list[tuple[int, bytes]]] = {}
        self.epochs: list[bytes] = []

    def make(self, epoch: int) -> None:
        super().make(epoch)
        self.epochs.append(self._path(epoch).read_bytes())

    def wrap(self, epoch: int, consent_id: str, key: bytes) -> bytes:
        wrapped = super().wrap(epoch, consent_id, key)
        self.plain[consent_id] = key
        self.wrapped.setdefault(consent_id, []).append((epoch, wrapped))
        return wrapped

    def forms(self, consent_id: str) -> list[bytes]:
        """Every wrapped form that the key of `consent_id` ever had."""
        return [wrapped for _, wrapped in self.wrapped[consent_id]]


def held(*places: Path) -> Mapping[str, bytes]:
    """The bytes of every file in these folders, by path."""
    files = (path for place in places for path in sorted(place.rglob("*")) if path.is_file())
    return {str(path): path.read_bytes() for path in files}


def folder_of(url: str) -> Path:
    """Where the SQLite database of `url` is, with its logs."""
    return Path(str(make_url(url).database)).parent


def where(secret: bytes, among: Mapping[str, bytes]) -> list[str]:
    """The files that hold `secret`, as it is or as text, or half of it where a page ends in its midst."""
    looked_for = [*_pieces(secret), secret.hex().encode(), base64.b64encode(secret).rstrip(b"=")]
    return [name for name, found in among.items() if any(piece in found for piece in looked_for)]


def _pieces(secret: bytes) -> Iterator[bytes]:
    for start in range(0, len(secret) - 15, 16):
        yield secret[start : start + 16]


class Skeleton(EpochKeys):
    """One key that exists, tried as that of every epoch there ever was."""

    def __init__(self, folder: Path, ledger_id: str, key: bytes) -> None:
        super().__init__(folder, ledger_id)
        self._one = key

    def _key(self, epoch: int) -> bytes:
        return self._one


def keys_there(folder: Path, ledger_id: str) -> tuple[list[Skeleton], range]:
    """The epoch keys whose files exist, and all epochs until now."""
    files = [path for path in folder.iterdir() if path.name.startswith(ledger_id)]
    newest = max(int(path.name.split(".")[-2]) for path in files)
    return [Skeleton(folder, ledger_id, path.read_bytes()) for path in files], range(1, newest + 1)


def opened_anywhere(
    among: Mapping[str, bytes], folder: Path, ledger_id: str, consent_id: str
) -> list[tuple[str, int]]:
    """Every place in the files where a wrapped key of `consent_id` stands that a key which exists opens.

    Each byte is tried as a beginning, so nothing need be known of how it is stored.
    """
    keys, epochs = keys_there(folder, ledger_id)
    return [
        (name, place)
        for name, found in among.items()
        for place in range(len(found) - WRAPPED_BYTES + 1)
        if _random(found[place : place + WRAPPED_BYTES])
        and opens(keys, epochs, consent_id, found[place : place + WRAPPED_BYTES])
    ]


def opens(keys: Iterable[EpochKeys], epochs: Iterable[int], consent_id: str, wrapped: bytes) -> bool:
    """Whether any of the keys, as that of any of the epochs, opens it."""
    for key in keys:
        for epoch in epochs:
            try:
                key.unwrap(epoch, consent_id, wrapped)
            except EpochKeyMissing:
                continue
            return True
    return False


def _random(stretch: bytes) -> bool:
    """Text and runs of one byte cannot be a wrapped key."""
    return not stretch.isascii() and len(set(stretch[:12])) > 6
