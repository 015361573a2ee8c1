"""The second lock on a sealed part: data class and HPKE blob under the consent's own key."""

import os
import struct
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION, _BEFORE_PADDING = 2, 1
"""Locks are made in the newest version and opened in both: what was sealed before stays openable."""

CLASS_BYTES = 63
"""A class takes so many bytes whatever its name, or a lock's length would tell on the wire which it is."""

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


@dataclass(frozen=True, slots=True, repr=False)
class Locked:
    """What a lock holds: the data class, and the recipient's HPKE blob that wraps a data key."""

    data_class: str
    blob: bytes


def fresh_key() -> bytes:
    """A consent's key, 32 random bytes."""
    return AESGCM.generate_key(256)


def lock(key: bytes, version: int, binding: Binding, locked: Locked) -> bytes:
    """Version (1 byte), key version (4), nonce (12), AES-256-GCM of class length (1), padded class, blob.

    Its length tells that of the blob, which is the same for every part, and nothing else.
    """
    nonce = os.urandom(_NONCE)
    sealed = AESGCM(key).encrypt(nonce, _written(locked), _bound_to(_VERSION, binding, version))
    return _HEAD.pack(_VERSION, version) + nonce + sealed


def unlock(key: bytes, version: int, binding: Binding, locked: bytes) -> Locked:
    """What `lock` put in. Raises LockUnusable."""
    if len(locked) <= _HEAD.size + _NONCE:
        raise LockUnusable
    form, key_version = _HEAD.unpack_from(locked)
    if form not in (_VERSION, _BEFORE_PADDING) or key_version != version:
        raise LockUnusable
    nonce, sealed = locked[_HEAD.size : _HEAD.size + _NONCE], locked[_HEAD.size + _NONCE :]
    try:
        content = AESGCM(key).decrypt(nonce, sealed, _bound_to(form, binding, version))
    except InvalidTag:
        raise LockUnusable from None
    return _read(content) if form == _VERSION else _read_unpadded(content)


def _written(locked: Locked) -> bytes:
    named = locked.data_class.encode()
    if len(named) > CLASS_BYTES:
        raise ValueError(f"a class has {CLASS_BYTES} bytes at most")
    return bytes([len(named)]) + named.ljust(CLASS_BYTES, b"\0") + locked.blob


def _read(content: bytes) -> Locked:
    return Locked(content[1 : 1 + content[0]].decode(), content[1 + CLASS_BYTES :])


def _read_unpadded(content: bytes) -> Locked:
    (length,) = _LENGTH.unpack_from(content)
    start = _LENGTH.size
    return Locked(content[start : start + length].decode(), content[start + length :])


def _bound_to(form: int, binding: Binding, version: int) -> bytes:
    pieces = (f"lock.v{form}", binding.consent_id, binding.referral_id, binding.recipient)
    return b"".join(_prefixed(piece.encode()) for piece in pieces) + _LENGTH.pack(version)


def _prefixed(piece: bytes) -> bytes:
    return _LENGTH.pack(len(piece)) + piece
