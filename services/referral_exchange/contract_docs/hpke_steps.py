"""HPKE's base mode (RFC 9180) step by step with a given ephemeral key, so that a vector shows every value.

Never used to seal anything: a real sender takes a fresh ephemeral key, and a library.
"""

import hmac
from dataclasses import dataclass
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION = b"HPKE-v1"
_KEM = b"KEM" + bytes.fromhex("0020")  # DHKEM(X25519, HKDF-SHA256)
_SUITE = b"HPKE" + bytes.fromhex("002000010002")  # that, HKDF-SHA256, AES-256-GCM
_BASE_MODE = b"\x00"


@dataclass(frozen=True, slots=True)
class Steps:
    """Every value on the way. `blob` is `enc` and then `ciphertext`: what the ledger locks."""

    enc: bytes
    shared_secret: bytes
    key: bytes
    nonce: bytes
    ciphertext: bytes

    @property
    def blob(self) -> bytes:
        """Encapsulated key and ciphertext, one behind the other."""
        return self.enc + self.ciphertext


def sealed(plaintext: bytes, recipient: bytes, info: bytes, ephemeral: X25519PrivateKey) -> Steps:
    """`plaintext` sealed to the raw X25519 key `recipient`; no associated data."""
    enc = ephemeral.public_key().public_bytes_raw()
    exchanged = ephemeral.exchange(X25519PublicKey.from_public_bytes(recipient))
    extracted = _extract(_KEM, b"", b"eae_prk", exchanged)
    shared = _expand(_KEM, extracted, b"shared_secret", enc + recipient, 32)
    context = (
        _BASE_MODE + _extract(_SUITE, b"", b"psk_id_hash", b"") + _extract(_SUITE, b"", b"info_hash", info)
    )
    secret = _extract(_SUITE, shared, b"secret", b"")
    key = _expand(_SUITE, secret, b"key", context, 32)
    nonce = _expand(_SUITE, secret, b"base_nonce", context, 12)
    return Steps(enc, shared, key, nonce, AESGCM(key).encrypt(nonce, plaintext, b""))


def _extract(suite: bytes, salt: bytes, label: bytes, material: bytes) -> bytes:
    """LabeledExtract."""
    return hmac.digest(salt or bytes(32), _VERSION + suite + label + material, sha256)


def _expand(suite: bytes, secret: bytes, label: bytes, info: bytes, length: int) -> bytes:
    """LabeledExpand; `length` is 32 at most, so one block is enough."""
    labelled = length.to_bytes(2, "big") + _VERSION + suite + label + info
    return hmac.digest(secret, labelled + b"\x01", sha256)[:length]
