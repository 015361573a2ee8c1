"""One who holds what some of the parties keep, knows every format and id, and tries to open a sealed part.

It uses the exchange's own functions, in whatever order leads further: epoch keys on wrapped keys, consent
keys on locks, private keys on blobs, and every 32 bytes that it holds as a data key.
"""

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from consent_ledger.epoch_keys import EpochKeys
from consent_ledger.key_store import EpochKeyMissing
from consent_ledger.locks import Binding, Locked, LockUnusable, unlock
from participant_edge.sealing import SIZE_CLASSES, NotOpened, Scope, Sealed, open_sealed
from referral_exchange import vocabulary

KEY_BYTES, WRAPPED_BYTES, BLOB_BYTES = 32, 60, 80
SMALL = 8192
"""Of what is larger, whole databases and their logs, rows are read apart; every byte is still tried as a
beginning of a data key."""

_BASE64 = re.compile(rb"[A-Za-z0-9+/]{40,}={0,2}")


@dataclass(frozen=True)
class Target:
    """A sealed part as it stands on a topic, with what everybody may know of it."""

    consent_id: str
    referral_id: str
    recipient: str
    lock: bytes
    ciphertext: bytes

    @property
    def scope(self) -> Scope:
        return Scope(self.consent_id, self.referral_id, self.recipient)


@dataclass
class Burglar:
    """`files`: those of `holds` that are whole files; an epoch key is one.

    `tried` counts the attempts at cryptography; `opened` is what came out.
    """

    holds: list[bytes]
    files: list[bytes]
    folder: Path
    tried: int = 0
    opened: list[object] = field(default_factory=list)

    def break_in(self, targets: Iterable[Target]) -> "Burglar":
        """Tries everything against each part that it holds at all."""
        self.holds += [text for raw in self.holds for text in _decoded(raw)]
        for target in targets:
            locked, sealed = self._has(target.lock), self._has(target.ciphertext)
            blobs = set(self._unlocked(target)) if locked else set()
            if sealed:
                self._open(target, blobs)
        return self

    def _has(self, bytes_: bytes) -> bool:
        return any(bytes_ in raw for raw in self.holds)

    def _keys(self) -> set[bytes]:
        """Whole values of a key's length, and every such stretch of what is small."""
        return {window for raw in self.holds if len(raw) <= SMALL for window in _windows(raw, KEY_BYTES)}

    def _unlocked(self, target: Target) -> Iterator[Locked]:
        binding = Binding(target.consent_id, target.referral_id, target.recipient)
        for key in {*self._consent_keys(target), *self._keys()}:
            self.tried += 1
            try:
                yield unlock(key, 1, binding, target.lock)
            except LockUnusable:
                continue

    def _consent_keys(self, target: Target) -> Iterator[bytes]:
        """What comes out of wrapped keys by epoch keys, among all that is as long as either."""
        values = {raw for raw in self.files if len(raw) == KEY_BYTES}
        wrapped = {raw for raw in self.holds if len(raw) == WRAPPED_BYTES}
        big = [raw for raw in self.holds if len(raw) > SMALL]
        for number, value in enumerate(sorted(values)):
            keys = self._epoch_key(number, value)
            windows = wrapped if wrapped else {w for raw in big for w in _windows(raw, WRAPPED_BYTES)}
            for one in windows:
                for epoch in (1, 2, 3):
                    self.tried += 1
                    try:
                        yield keys[epoch - 1].unwrap(epoch, target.consent_id, one)
                    except EpochKeyMissing:
                        continue

    def _epoch_key(self, number: int, value: bytes) -> list[EpochKeys]:
        made = []
        for epoch in (1, 2, 3):
            folder = self.folder / f"{number}.{epoch}"
            keys = EpochKeys(folder, "burglar")
            (folder / f"burglar.{epoch}.key").write_bytes(value)
            made.append(keys)
        return made

    def _open(self, target: Target, unlocked: set[Locked]) -> None:
        held = {raw for raw in self.holds if len(raw) == BLOB_BYTES} | {*_windows(target.lock, BLOB_BYTES)}
        blobs = unlocked | {Locked(name, raw) for raw in held for name in vocabulary.data_classes()}
        privates = [X25519PrivateKey.from_private_bytes(raw) for raw in self.holds if len(raw) == KEY_BYTES]
        for locked in blobs:
            for private in privates:
                self.tried += 1
                sealed = Sealed(locked.data_class, locked.blob, target.ciphertext)
                try:
                    self.opened.append(open_sealed(sealed, target.scope, private))
                except NotOpened:
                    continue
        self._guess(target)

    def _guess(self, target: Target) -> None:
        """Every 32 bytes that stand anywhere, as the data key itself."""
        # Of a known size, whatever somebody put behind it.
        size = max((s for s in SIZE_CLASSES if s + 28 <= len(target.ciphertext)), default=0)
        nonce, body, bound = target.ciphertext[:12], target.ciphertext[12 : size + 28], _bound(target)
        for key in {w for raw in self.holds for w in _windows(raw, KEY_BYTES)}:
            self.tried += 1
            try:
                self.opened.append(AESGCM(key).decrypt(nonce, body, bound))
            except InvalidTag:
                continue


def _bound(target: Target) -> bytes:
    pieces = ("part.v1", target.consent_id, target.referral_id, target.recipient)
    return b"".join(len(p).to_bytes(4, "big") + p.encode() for p in pieces)


def _windows(raw: bytes, size: int) -> Iterator[bytes]:
    """Every stretch that can be random: text and runs of one byte cannot (one key in 2**32 is text)."""
    stretches = (raw[start : start + size] for start in range(len(raw) - size + 1))
    return (each for each in stretches if not each.isascii() and len(set(each[:12])) > 6)


def _decoded(raw: bytes) -> Iterator[bytes]:
    for found in _BASE64.findall(raw) if len(raw) <= SMALL else ():
        try:
            yield base64.b64decode(found, validate=True)
        except ValueError:
            continue
