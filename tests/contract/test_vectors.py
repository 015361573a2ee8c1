"""The committed vectors say what the code does: every byte of them is computed here by another way."""

import io
import json
import struct
from typing import Any

import fastavro
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from participant_edge import sealing
from referral_exchange import catalog, codec, examples, topics
from referral_exchange.contract_files import SCHEMAS
from referral_exchange.events import Needs, ReferralOffered

Vector = dict[str, Any]
FILES = sorted((SCHEMAS / "vectors").glob("*.json"))
EVENTS = [path.stem for path in FILES if ".v" in path.stem]


def load(name: str) -> Vector:
    vector: Vector = json.loads((SCHEMAS / "vectors" / f"{name}.json").read_text(encoding="utf-8"))
    return vector


def raw(vector: Vector, name: str) -> bytes:
    return bytes.fromhex(vector[name])


def test_the_ones_that_every_reader_needs_are_there() -> None:
    assert set(EVENTS) >= {
        "ReferralOffered.v1",
        "ServiceStatusChanged.v1",
        "ConsentEnded.v1",
        "ProgrammeListed.v1",
        "ProgrammeListed.v2",
    }
    assert {path.stem for path in FILES} >= {"partitions", "sealed-part", "signed-message"}


@pytest.mark.parametrize("name", EVENTS)
def test_a_vector_decodes_to_its_json_and_back(name: str) -> None:
    vector, schema = load(name), catalog.committed()[name]
    newest = catalog.newest(catalog.committed())[schema.record]
    event = codec.Codec(catalog.committed(), {name: vector["schema_id"]}).decode(
        raw(vector, "value_hex"), vector["ce_type"]
    )
    assert raw(vector, "value_hex") == b"\0" + struct.pack(">I", vector["schema_id"]) + raw(
        vector, "body_hex"
    )
    assert codec.write_datum(schema, examples.datum_of(schema, vector["json"])) == raw(vector, "body_hex")
    shown = vector["json"] if schema is newest else vector["read_with"][newest.key]
    assert examples.json_of(event) == shown


@pytest.mark.parametrize("name", EVENTS)
def test_the_fields_together_are_the_body(name: str) -> None:
    vector = load(name)
    assert "".join(field["hex"] for field in vector["fields"]) == vector["body_hex"]
    declared = [field["name"] for field in catalog.committed()[name].declared["fields"]]
    assert [field["field"] for field in vector["fields"]] == declared == list(vector["json"])


@pytest.mark.parametrize("name", EVENTS)
def test_a_vector_with_a_byte_changed_does_not_decode_to_its_json(name: str) -> None:
    vector, schema = load(name), catalog.committed()[name]
    body = bytearray(raw(vector, "body_hex"))
    body[1] ^= 0x01
    newest = catalog.newest(catalog.committed())[schema.record]
    try:
        event = codec.read_body(schema, newest, bytes(body))
    except codec.Undecodable:
        return
    assert examples.json_of(event)["event_id"] != vector["json"]["event_id"]


@pytest.mark.parametrize("name", [name for name in EVENTS if load(name)["read_with"]])
def test_a_reader_of_another_version_sees_what_the_vector_says(name: str) -> None:
    """With fastavro alone and the files as committed, as anybody outside would read them."""
    vector, files = load(name), {path.stem: path for path in SCHEMAS.glob("*/*.avsc")}
    writer = fastavro.schema.load_schema(files[name])
    for reader, shown in vector["read_with"].items():
        read: Any = fastavro.schemaless_reader(
            io.BytesIO(raw(vector, "body_hex")), writer, fastavro.schema.load_schema(files[reader])
        )
        assert set(read) == set(shown)
        assert str(read["event_id"]) == shown["event_id"]
        assert read["programme_id"] == shown["programme_id"] == vector["json"]["programme_id"]


def test_the_partitions_are_those_of_the_exchange() -> None:
    rows = load("partitions")["rows"]
    assert len({row["of_6"] for row in rows}) > 1
    for row in rows:
        assert bytes.fromhex(row["key_hex"]).decode() == row["key"]
        assert (topics.partition_of(row["key"], 6), 0) == (row["of_6"], row["of_1"])


def test_the_signed_message_verifies_and_decodes() -> None:
    vector = load("signed-message")
    named = {name: bytes.fromhex(value) for name, value in vector["headers_hex"].items()}
    event = codec.Codec(catalog.committed(), {"ReferralOffered.v1": 7}).decode(
        raw(vector, "value_hex"), named["ce_type"].decode()
    )
    assert isinstance(event, ReferralOffered)
    assert (event.referral_id, event.programme_to) == (vector["key"], vector["programme_to"])
    pieces = (named["ce_type"], vector["key"].encode(), event.programme_to.encode(), raw(vector, "value_hex"))
    signed = b"".join(struct.pack(">I", len(piece)) + piece for piece in pieces)
    assert signed == raw(vector, "signed_hex")
    Ed25519PublicKey.from_public_bytes(raw(vector, "public_key_hex")).verify(named["signature"], signed)
    assert topics.partition_of(vector["key"], vector["partitions"]) == vector["partition"]
    assert event.parts[0].ciphertext == raw(load("sealed-part"), "ciphertext_hex")


def a_scope(vector: Vector) -> sealing.Scope:
    return sealing.Scope(vector["consent_id"], vector["referral_id"], vector["recipient"])


def test_a_recipients_edge_opens_the_sealed_part() -> None:
    vector = load("sealed-part")
    steps = vector["hpke"]
    private = X25519PrivateKey.from_private_bytes(raw(steps, "invented_recipient_private_hex"))
    sealed = sealing.Sealed(
        vector["data_class"], raw(steps, "blob_hex"), bytes.fromhex(vector["ciphertext_hex"])
    )
    opened = sealing.open_sealed(sealed, a_scope(vector), private)
    assert isinstance(opened, Needs)
    assert examples.json_of(opened) == vector["json"]


def test_the_padding_is_that_of_the_edge() -> None:
    vector = load("sealed-part")
    assert sealing.pad(raw(vector, "content_hex")) == raw(vector, "padded_hex")
    assert sealing.unpad(raw(vector, "padded_hex")) == raw(vector, "content_hex")
    assert len(raw(vector, "padded_hex")) == vector["size_class"] == 512


def test_each_step_of_the_sealed_part_follows_from_the_one_before() -> None:
    vector = load("sealed-part")
    steps = vector["hpke"]
    nonce = raw(vector, "invented_nonce_hex")
    key, aad = raw(vector, "invented_data_key_hex"), raw(vector, "aad_hex")
    cipher = AESGCM(key).encrypt(nonce, raw(vector, "padded_hex"), aad)
    assert nonce + cipher == raw(vector, "ciphertext_hex")
    assert raw(vector, "content_hex") == b"\x08Needs.v1" + raw(vector, "body_hex")
    assert raw(steps, "enc_hex") + raw(steps, "ciphertext_hex") == raw(steps, "blob_hex")
    assert (
        AESGCM(raw(steps, "key_hex")).decrypt(raw(steps, "nonce_hex"), raw(steps, "ciphertext_hex"), b"")
        == key
    )


def test_a_library_opens_the_hpke_blob_and_no_other_info_does() -> None:
    steps = load("sealed-part")["hpke"]
    suite = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
    private = X25519PrivateKey.from_private_bytes(raw(steps, "invented_recipient_private_hex"))
    opened = suite.decrypt(raw(steps, "blob_hex"), private, raw(steps, "info_hex"))
    assert opened == raw(load("sealed-part"), "invented_data_key_hex")
    with pytest.raises((InvalidTag, ValueError)):
        suite.decrypt(raw(steps, "blob_hex"), private, raw(steps, "info_hex") + b"\0")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_private_key_in_a_vector_counts_up(path: Any) -> None:
    """Nobody can take it for a key, and no real key can come in here."""
    held = [
        value for name, value in leaves(json.loads(path.read_text(encoding="utf-8"))) if "invented" in name
    ]
    secret = [name for name, _ in leaves(json.loads(path.read_text(encoding="utf-8"))) if "private" in name]
    assert all("invented" in name for name in secret)
    for value in held:
        key = bytes.fromhex(value)
        assert key == bytes(range(key[0], key[0] + len(key)))


def leaves(node: Any) -> list[tuple[str, str]]:
    if not isinstance(node, dict):
        return []
    own = [(name, value) for name, value in node.items() if isinstance(value, str)]
    return own + [leaf for inner in node.values() for leaf in leaves(inner)]
