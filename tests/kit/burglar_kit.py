"""One who holds what some of the parties keep, knows every format and id, and tries to open a sealed part.

It uses the exchange's own functions, in whatever order leads further: epoch keys on wrapped keys, consent
keys on locks, private keys on blobs, and every 32 bytes that it holds as a data key.
"""

import base64
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Set
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from consent_ledger.epoch_keys import EpochKeys
from consent_ledger.key_store import EpochKeyMissing
from consent_ledger.locks import Binding, Locked, LockUnusable, unlock
from participant_edge.sealing import SIZE_CLASSES, NotOpened, Scope, Sealed, open_sealed
from referral_exchange import vocabulary

_By = TypeVar("_By", bound=Hashable)
_Made = TypeVar("_Made")

KEY_BYTES, WRAPPED_BYTES, BLOB_BYTES = 32, 60, 80
SMALL = 8192
"""Of what is larger, whole databases and their logs, rows are read apart; every byte is still tried as a
beginning of a data key."""

_LEAST = 12
"""As many bytes of a random stretch hold more than six different ones."""

_EMPTY = re.compile(rb"\x00{%d,}" % _LEAST)
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
        self.holds = list({*self.holds, *(text for raw in self.holds for text in _decoded(raw))})
        for target in targets:
            locked, sealed = self._has(target.lock), self._has(target.ciphertext)
            blobs = set(self._unlocked(target)) if locked else set()
            if sealed:
                self._open(target, blobs)
        return self

    def _has(self, bytes_: bytes) -> bool:
        return any(bytes_ in raw for raw in self.holds)

    def _made(self, about: Hashable, by: Set[_By], attempt: Callable[[_By], _Made | None]) -> list[_Made]:
        self.tried += len(by)
        return _outcomes.setdefault(about, _Outcomes()).of(by, attempt)

    def _keys(self) -> set[bytes]:
        """Whole values of a key's length, and every such stretch of what is small."""
        return _all_windows((raw for raw in self.holds if len(raw) <= SMALL), KEY_BYTES)

    def _unlocked(self, target: Target) -> list[Locked]:
        binding = Binding(target.consent_id, target.referral_id, target.recipient)

        def unlocked(key: bytes) -> Locked | None:
            try:
                return unlock(key, 1, binding, target.lock)
            except LockUnusable:
                return None

        return self._made(("lock", target), {*self._consent_keys(target), *self._keys()}, unlocked)

    def _consent_keys(self, target: Target) -> Iterator[bytes]:
        """What comes out of wrapped keys by epoch keys, among all that is as long as either."""
        values = {raw for raw in self.files if len(raw) == KEY_BYTES}
        windows = {raw for raw in self.holds if len(raw) == WRAPPED_BYTES}
        if values and not windows:
            windows = _all_windows((raw for raw in self.holds if len(raw) > SMALL), WRAPPED_BYTES)
        for number, value in enumerate(sorted(values)):
            for epoch, keys in enumerate(self._epoch_key(number, value), 1):
                unwrapped = partial(_unwrapped, keys, epoch, target.consent_id)
                yield from self._made(("wrap", value, epoch, target.consent_id), windows, unwrapped)

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
        for raw in {raw for raw in self.holds if len(raw) == KEY_BYTES}:
            opened = partial(_opened, target, X25519PrivateKey.from_private_bytes(raw))
            self.opened += self._made(("part", target, raw), blobs, opened)
        self._guess(target)

    def _guess(self, target: Target) -> None:
        """Every 32 bytes that stand anywhere, as the data key itself."""
        # Of a known size, whatever somebody put behind it.
        size = max((s for s in SIZE_CLASSES if s + 28 <= len(target.ciphertext)), default=0)
        nonce, body, bound = target.ciphertext[:12], target.ciphertext[12 : size + 28], _bound(target)

        def guessed(key: bytes) -> bytes | None:
            try:
                return AESGCM(key).decrypt(nonce, body, bound)
            except InvalidTag:
                return None

        self.opened += self._made(("guess", target), _all_windows(self.holds, KEY_BYTES), guessed)


@dataclass
class _Outcomes:
    """What each attempt on one thing came to: the same one again comes to the same, whoever makes it."""

    tried: set[Any] = field(default_factory=set)
    made: dict[Any, Any] = field(default_factory=dict)

    def of(self, by: Set[_By], attempt: Callable[[_By], _Made | None]) -> list[_Made]:
        fresh = by - self.tried
        self.tried |= fresh
        self.made |= {one: made for one in fresh if (made := attempt(one)) is not None}
        return [made for one, made in self.made.items() if one in by]


_outcomes: dict[Hashable, _Outcomes] = {}


def _unwrapped(keys: EpochKeys, epoch: int, consent_id: str, wrapped: bytes) -> bytes | None:
    try:
        return keys.unwrap(epoch, consent_id, wrapped)
    except EpochKeyMissing:
        return None


def _opened(target: Target, private: X25519PrivateKey, locked: Locked) -> object:
    try:
        return open_sealed(Sealed(locked.data_class, locked.blob, target.ciphertext), target.scope, private)
    except NotOpened:
        return None


def _bound(target: Target) -> bytes:
    pieces = ("part.v1", target.consent_id, target.referral_id, target.recipient)
    return b"".join(len(p).to_bytes(4, "big") + p.encode() for p in pieces)


def _all_windows(holds: Iterable[bytes], size: int) -> set[bytes]:
    return set().union(*(_windows(raw, size) for raw in holds))


@cache
def _windows(raw: bytes, size: int) -> frozenset[bytes]:
    """Every stretch that can be random: text and runs of one byte cannot (one key in 2**32 is text)."""
    last = len(raw) - size + 1
    # Most of a database's file is empty: what begins in the middle of that is passed over at once.
    ends = [(run.start(), run.end() - _LEAST) for run in _EMPTY.finditer(raw)]
    begins = [0, *(end + 1 for _, end in ends)]
    spans = zip(begins, [*(start for start, _ in ends), last], strict=True)
    stretches = (raw[at : at + size] for begin, end in spans for at in range(begin, min(end, last)))
    return frozenset(w for w in stretches if not w.isascii() and len(set(w[:_LEAST])) > 6)


def _decoded(raw: bytes) -> Iterator[bytes]:
    for found in _BASE64.findall(raw) if len(raw) <= SMALL else ():
        try:
            yield base64.b64decode(found, validate=True)
        except ValueError:
            continue
