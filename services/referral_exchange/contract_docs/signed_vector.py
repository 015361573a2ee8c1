"""The vector of a whole message: topic, partition, key, headers, value, and what its signature covers."""

from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from referral_exchange.catalog import Catalog
from referral_exchange.codec import Codec
from referral_exchange.contract_docs import sealed_vector
from referral_exchange.events import ReferralOffered, SealedPart
from referral_exchange.message import Envelope, headers, signed_bytes
from referral_exchange.signing import ProgrammeSigner
from referral_exchange.topics import outbox, partition_of

SENDER = "sample-outreach-casework"
SIGNING_KEY = bytes(range(0x80, 0xA0))
"""Counted up, so that nobody takes it for a key."""

_PARTITIONS = 6
_AT = datetime(2030, 1, 15, 8, 1, tzinfo=UTC)
_TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def signed_message(catalog: Catalog, schema_id: int, ciphertext: bytes) -> dict[str, Any]:
    """An offer in its outbox, signed; its part holds the `ciphertext` of the vector `sealed-part`."""
    event = _offer(ciphertext)
    signer = ProgrammeSigner(SENDER, "1", Ed25519PrivateKey.from_private_bytes(SIGNING_KEY))
    value = Codec(catalog, {event.RECORD: schema_id}).encode(event)
    key = event.referral_id
    envelope = Envelope(event.RECORD, event.event_id, _AT, key, event.programme_to, _TRACE)
    named = headers(envelope, value, signer)
    return {
        "about": "signature = Ed25519 over signed_hex: ce_type, key, programme to, value, each behind its "
        "length in 4 bytes big endian. The lock is invented: only a ledger makes one.",
        "topic": outbox("sample-outreach"),
        "key": key,
        "partition": partition_of(key, _PARTITIONS),
        "partitions": _PARTITIONS,
        "programme_to": event.programme_to,
        "headers": {name: raw.decode() for name, raw in named.items() if name != "signature"},
        "headers_hex": {name: raw.hex() for name, raw in named.items()},
        "value_hex": value.hex(),
        "signed_hex": signed_bytes(event.RECORD, key, event.programme_to, value).hex(),
        "invented_private_key_hex": SIGNING_KEY.hex(),
        "public_key_hex": signer.public.hex(),
        "signature_hex": named["signature"].hex(),
    }


def _offer(ciphertext: bytes) -> ReferralOffered:
    return ReferralOffered(
        event_id="00000000-0000-4000-8000-000000000001",
        occurred_at=_AT,
        programme_from=SENDER,
        programme_to=sealed_vector.RECIPIENT,
        referral_id=sealed_vector.REFERRAL,
        consent_id=sealed_vector.CONSENT,
        return_consent_id="00000000-0000-4000-8000-000000000300",
        urgency="urgent",
        answer_by=None,
        parts=[SealedPart(lock=b"an invented lock: only a ledger makes one", ciphertext=ciphertext)],
    )
