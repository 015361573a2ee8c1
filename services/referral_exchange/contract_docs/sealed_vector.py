"""The vector of a sealed part: record, padded plaintext, ciphertext, and the sealed data key."""

from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from referral_exchange.catalog import Catalog
from referral_exchange.codec import write_datum
from referral_exchange.contract_docs import hpke_steps
from referral_exchange.examples import datum_of

CONSENT = "00000000-0000-4000-8000-000000000200"
REFERRAL = "00000000-0000-4000-8000-000000000100"
RECIPIENT = "sample-harbor-shelter"
SIZE_CLASS = 512

DATA_KEY = bytes(range(0x00, 0x20))
"""Counted up, so that nobody takes it for a key."""

NONCE = bytes(range(0x20, 0x2C))
RECIPIENT_KEY = bytes(range(0x40, 0x60))
EPHEMERAL_KEY = bytes(range(0x60, 0x80))

_RECORD = "Needs.v1"
_NEEDS = {
    "services": ["Housing Services"],
    "languages": ["es"],
    "region": "South Fields",
    "age_band": "adult",
    "household_size": 2,
    "access": ["interpreter"],
}


def part(catalog: Catalog) -> dict[str, Any]:
    """The vector."""
    schema = catalog[_RECORD]
    body = write_datum(schema, datum_of(schema, _NEEDS))
    content = bytes([len(_RECORD)]) + _RECORD.encode() + body
    padded = (len(content).to_bytes(4, "big") + content).ljust(SIZE_CLASS, b"\0")
    aad = pieces("part.v1", CONSENT, REFERRAL, RECIPIENT)
    data_class = str(schema.declared["data_class"])
    info = aad + pieces(data_class)
    return {
        "about": _ABOUT,
        "record": _RECORD,
        "data_class": data_class,
        "json": _NEEDS,
        "body_hex": body.hex(),
        "content_hex": content.hex(),
        "size_class": SIZE_CLASS,
        "padded_hex": padded.hex(),
        "consent_id": CONSENT,
        "referral_id": REFERRAL,
        "recipient": RECIPIENT,
        "aad_hex": aad.hex(),
        "invented_data_key_hex": DATA_KEY.hex(),
        "invented_nonce_hex": NONCE.hex(),
        "ciphertext_hex": (NONCE + AESGCM(DATA_KEY).encrypt(NONCE, padded, aad)).hex(),
        "hpke": _hpke(info),
    }


def pieces(*texts: str) -> bytes:
    """Each text behind its length in 4 bytes, big endian."""
    return b"".join(len(raw).to_bytes(4, "big") + raw for raw in (text.encode() for text in texts))


_ABOUT = (
    "content = length of the record's key in 1 byte, the key, the Avro body. padded = length of "
    "content in 4 bytes big endian, content, zeros up to the size class (512, 2048, 8192, 32768 or "
    "131072). ciphertext = nonce, then AES-256-GCM(data key, nonce, padded, aad). The field "
    "`ciphertext` of a SealedPart holds it; its field `lock` is made by the ledger around "
    "`hpke.blob_hex` and can be opened by nobody else, so there is no vector of it."
)


def _hpke(info: bytes) -> dict[str, str]:
    recipient = X25519PrivateKey.from_private_bytes(RECIPIENT_KEY).public_key().public_bytes_raw()
    ephemeral = X25519PrivateKey.from_private_bytes(EPHEMERAL_KEY)
    steps = hpke_steps.sealed(DATA_KEY, recipient, info, ephemeral)
    return {
        "suite": "RFC 9180 base mode: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM; no AAD",
        "how": "plaintext = data key; info = aad, then data class behind its length; blob = enc, ciphertext",
        "info_hex": info.hex(),
        "invented_recipient_private_hex": RECIPIENT_KEY.hex(),
        "recipient_public_hex": recipient.hex(),
        "invented_ephemeral_private_hex": EPHEMERAL_KEY.hex(),
        "enc_hex": steps.enc.hex(),
        "shared_secret_hex": steps.shared_secret.hex(),
        "key_hex": steps.key.hex(),
        "nonce_hex": steps.nonce.hex(),
        "ciphertext_hex": steps.ciphertext.hex(),
        "blob_hex": steps.blob.hex(),
    }
