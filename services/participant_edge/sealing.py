"""Seals a part for one programme under one consent, and opens it with the programme's own key."""

import secrets
import struct
from dataclasses import dataclass
from typing import cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from participant_edge.commands import OpenRecord
from participant_edge.errors import TooLarge
from referral_exchange.catalog import Catalog, committed, newest
from referral_exchange.codec import Undecodable, read_body, write_body

SIZE_CLASSES = (512, 2048, 8192, 32768, 131072)
"""Padded lengths in bytes: the only thing a ciphertext's length tells."""

_SEALED = frozenset({"parts", "forms"})
"""Families of records that travel inside sealed parts only."""

_SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
_LENGTH = struct.Struct(">I")
_NONCE = 12


class NotOpened(Exception):
    """A part does not open. `code`: `wrong-key` (key, scope, class or bytes differ) or `malformed`."""

    def __init__(self, code: str) -> None:
        """`code` is stable; nothing of the part is kept."""
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Scope:
    """What a part is bound to: one consent, one referral, one recipient programme."""

    consent_id: str
    referral_id: str
    recipient: str


@dataclass(frozen=True, slots=True, repr=False)
class Sealed:
    """A part before the ledger's lock. `blob`: the data key, sealed to the recipient programme."""

    data_class: str
    blob: bytes
    ciphertext: bytes


def seal(record: OpenRecord, scope: Scope, recipient_key: bytes) -> Sealed:
    """`record` under a fresh data key, which only `recipient_key` (raw X25519) opens. Raises TooLarge."""
    data_key = AESGCM.generate_key(256)
    nonce = secrets.token_bytes(_NONCE)
    ciphertext = nonce + AESGCM(data_key).encrypt(nonce, pad(_written(record)), _aad(scope))
    public = X25519PublicKey.from_public_bytes(recipient_key)
    blob = _SUITE.encrypt(data_key, public, _info(scope, record.DATA_CLASS))
    return Sealed(record.DATA_CLASS, blob, ciphertext)


def open_sealed(sealed: Sealed, scope: Scope, private: X25519PrivateKey) -> OpenRecord:
    """The record in `sealed`, whose class and blob came out of the ledger's lock. Raises NotOpened."""
    try:
        data_key = _SUITE.decrypt(sealed.blob, private, _info(scope, sealed.data_class))
        nonce, body = sealed.ciphertext[:_NONCE], sealed.ciphertext[_NONCE:]
        padded = AESGCM(data_key).decrypt(nonce, body, _aad(scope))
    except (InvalidTag, ValueError):
        raise NotOpened("wrong-key") from None
    record = _read(unpad(padded))
    if sealed.data_class != record.DATA_CLASS:
        raise NotOpened("malformed")
    return record


def pad(content: bytes) -> bytes:
    """Length (4 bytes), content, zeros up to the next size class. Raises TooLarge."""
    whole = _LENGTH.pack(len(content)) + content
    for size in SIZE_CLASSES:
        if len(whole) <= size:
            return whole.ljust(size, b"\0")
    raise TooLarge(f"a part may hold {SIZE_CLASSES[-1] - _LENGTH.size} bytes at most; shorten it")


def unpad(padded: bytes) -> bytes:
    """The content of `pad`'s answer. Raises NotOpened for anything else."""
    if len(padded) not in SIZE_CLASSES:
        raise NotOpened("malformed")
    (length,) = _LENGTH.unpack_from(padded)
    end = _LENGTH.size + length
    if end > len(padded) or any(padded[end:]):
        raise NotOpened("malformed")
    return padded[_LENGTH.size : end]


def _aad(scope: Scope) -> bytes:
    return _pieces("part.v1", scope.consent_id, scope.referral_id, scope.recipient)


def _info(scope: Scope, data_class: str) -> bytes:
    return _aad(scope) + _pieces(data_class)


def _pieces(*texts: str) -> bytes:
    return b"".join(_LENGTH.pack(len(raw)) + raw for raw in (text.encode() for text in texts))


def _written(record: OpenRecord) -> bytes:
    key = record.RECORD.encode()
    return bytes([len(key)]) + key + write_body(committed()[record.RECORD], record)


def _read(content: bytes, catalog: Catalog | None = None) -> OpenRecord:
    schemas = catalog or committed()
    end = 1 + content[0] if content else 0
    writer = schemas.get(content[1:end].decode("ascii", errors="replace"))
    if writer is None or writer.family not in _SEALED:
        raise NotOpened("malformed")
    try:
        return cast(OpenRecord, read_body(writer, newest(schemas)[writer.record], content[end:]))
    except Undecodable:
        raise NotOpened("malformed") from None
