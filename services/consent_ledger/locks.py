"""The second lock on a sealed part: data class and HPKE blob under the consent's own key."""

import os
import struct
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION = 1
_HEAD = struct.Struct(">BI")
_LENGTH = struct.Struct(">I")
_NONCE = 12


class LockUnusable(Exception):
    """The bytes are no lock of this consent, referral and recipient, or its key was another."""


@dataclass(frozen=True, slots=True)
class Binding:
    """What a lock is bound to; all of it is authenticated, none of it is inside."""

    consent_id: str
    referral_id: str
    recipient: str


@dataclass(frozen=True, slots=True)
class Locked:
    """What a lock holds: the data class, and the recipient's HPKE blob that wraps a data key."""

    data_class: str
    blob: bytes


def fresh_key() -> bytes:
    """A consent's key, 32 random bytes."""
    return AESGCM.generate_key(256)


def lock(key: bytes, version: int, binding: Binding, locked: Locked) -> bytes:
    """Version (1 byte), key version (4), nonce (12), AES-256-GCM of length-prefixed class + blob."""
    nonce = os.urandom(_NONCE)
    content = _prefixed(locked.data_class.encode()) + locked.blob
    head = _HEAD.pack(_VERSION, version)
    return head + nonce + AESGCM(key).encrypt(nonce, content, _bound_to(binding, version))


def unlock(key: bytes, version: int, binding: Binding, locked: bytes) -> Locked:
    """What `lock` put in. Raises LockUnusable."""
    if len(locked) <= _HEAD.size + _NONCE or _HEAD.unpack_from(locked) != (_VERSION, version):
        raise LockUnusable
    nonce, sealed = locked[_HEAD.size : _HEAD.size + _NONCE], locked[_HEAD.size + _NONCE :]
    try:
        content = AESGCM(key).decrypt(nonce, sealed, _bound_to(binding, version))
    except InvalidTag:
        raise LockUnusable from None
    (length,) = _LENGTH.unpack_from(content)
    start = _LENGTH.size
    return Locked(content[start : start + length].decode(), content[start + length :])


def _bound_to(binding: Binding, version: int) -> bytes:
    pieces = ("lock.v1", binding.consent_id, binding.referral_id, binding.recipient)
    return b"".join(_prefixed(piece.encode()) for piece in pieces) + _LENGTH.pack(version)


def _prefixed(piece: bytes) -> bytes:
    return _LENGTH.pack(len(piece)) + piece
