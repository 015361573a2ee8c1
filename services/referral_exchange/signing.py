"""Ed25519 key pairs of programmes, kept as PEM files, and what they sign."""

import struct
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from referral_exchange import whole_files


class KeyUnusable(Exception):
    """A key file is missing or holds another kind of key; the message names the file, never its content."""


@dataclass(frozen=True, slots=True)
class ProgrammeSigner:
    """Signs as one programme with one key."""

    programme: str
    key_id: str
    private: Ed25519PrivateKey

    def sign(self, data: bytes) -> bytes:
        """An Ed25519 signature, 64 bytes."""
        return self.private.sign(data)

    @property
    def public(self) -> bytes:
        """Raw public key, 32 bytes."""
        return self.private.public_key().public_bytes_raw()


def verifies(public: bytes, signature: bytes, data: bytes) -> bool:
    """Whether `signature` over `data` was made by the owner of the raw Ed25519 key `public`."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def key_endorsement_bytes(
    programme_id: str, signing_key: bytes, sealing_key: bytes | None, key_id: str
) -> bytes:
    """What a programme's old Ed25519 key signs to vouch for its new keys (ProgrammeListed.v2).

    Each piece behind its length (4 bytes, big endian): `key-endorsement.v1`, programme, the new key id, the
    raw new signing key, the raw new sealing key (empty where there is none).
    """
    pieces = (
        b"key-endorsement.v1",
        programme_id.encode(),
        key_id.encode(),
        signing_key,
        sealing_key or b"",
    )
    return b"".join(struct.pack(">I", len(piece)) + piece for piece in pieces)


def signing_file(keys: Path, programme: str) -> Path:
    """Where the signing key of `programme` stands."""
    return keys / f"{programme}.signing.pem"


def sealing_file(keys: Path, programme: str) -> Path:
    """Where the sealing key of `programme` stands."""
    return keys / f"{programme}.sealing.pem"


def load_signer(keys: Path, programme: str, key_id: str = "1") -> ProgrammeSigner:
    """The signer of `programme`. Raises KeyUnusable."""
    private = _load(signing_file(keys, programme))
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyUnusable(f"{programme}.signing.pem: not an Ed25519 key")
    return ProgrammeSigner(programme, key_id, private)


def load_sealing_key(keys: Path, programme: str) -> X25519PrivateKey:
    """The private key that opens what is sealed to `programme`. Raises KeyUnusable."""
    private = _load(sealing_file(keys, programme))
    if not isinstance(private, X25519PrivateKey):
        raise KeyUnusable(f"{programme}.sealing.pem: not an X25519 key")
    return private


def make_keys(keys: Path, programme: str) -> None:
    """Writes both key files of `programme` where they are absent, readable by the owner only."""
    keys.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write_once(signing_file(keys, programme), Ed25519PrivateKey.generate())
    _write_once(sealing_file(keys, programme), X25519PrivateKey.generate())


def _load(path: Path) -> object:
    try:
        return serialization.load_pem_private_key(path.read_bytes(), password=None)
    except FileNotFoundError:
        raise KeyUnusable(f"{path.name}: no such key file; `exchange up` makes it") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # TypeError: the key has a pass phrase, which no service can ask for.
        raise KeyUnusable(f"{path.name}: not a PEM private key without a pass phrase") from None


def _write_once(path: Path, key: Ed25519PrivateKey | X25519PrivateKey) -> None:
    if path.exists():
        return
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    whole_files.put_once(path, pem)
