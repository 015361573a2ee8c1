"""Test vectors: bytes in hex, the same as JSON, and how one comes from the other. All keys are invented."""

import io
import json
from collections.abc import Iterator
from typing import Any

import fastavro

from referral_exchange.catalog import RecordSchema
from referral_exchange.codec import write_datum
from referral_exchange.contract_docs import anatomy, sealed_vector
from referral_exchange.contract_docs.contract import Contract, schema_file
from referral_exchange.contract_docs.signed_vector import signed_message
from referral_exchange.examples import datum_of, json_of_datum
from referral_exchange.topics import partition_of

SCHEMA_ID = 7
"""The registry's id in every vector. Another registry gives other ids; `ce_type` is what counts."""

SHOWN = (
    ("ReferralOffered.v1", "urgent"),
    ("ServiceStatusChanged.v1", "scheduled"),
    ("ConsentEnded.v1", "withdrawn"),
    ("CapacityReported.v1", "waitlist"),
    ("CapacityReported.v2", "all-fields"),
    ("ProgrammeListed.v1", "shelter"),
    ("ProgrammeListed.v2", "all-fields"),
)
"""Which example of which record is a vector."""

_KEYS = (
    "00000000-0000-4000-8000-000000000001",
    "00000000-0000-4000-8000-000000000100",
    "6f1d2c3b-4a59-4687-9a0b-1c2d3e4f5061",
    "c0ffee00-1234-4abc-8def-0123456789ab",
    "programme:sample-harbor-shelter",
    "outbox.sample-outreach",
)

Vector = dict[str, Any]


def all_vectors(contract: Contract) -> dict[str, Vector]:
    """Every vector by its file's name without `.json`."""
    made = {key: event_vector(contract, key, name) for key, name in SHOWN}
    part = sealed_vector.part(contract.catalog)
    return {
        **made,
        "partitions": partitions(),
        "sealed-part": part,
        "signed-message": signed_message(contract.catalog, SCHEMA_ID, bytes.fromhex(part["ciphertext_hex"])),
    }


def text(vector: Vector) -> str:
    """The vector as it stands in its file."""
    return json.dumps(vector, indent=2, ensure_ascii=False) + "\n"


def framed(body: bytes) -> bytes:
    """The value on the wire, under the vectors' schema id."""
    return b"\0" + SCHEMA_ID.to_bytes(4, "big") + body


def event_vector(contract: Contract, key: str, name: str) -> Vector:
    """One example of one record: its bytes whole and field by field, and as every other version reads it."""
    schema = contract.catalog[key]
    payload, datum = payload_of(contract, key, name)
    body = write_datum(schema, datum)
    return {
        "about": "Value = 00, schema id in 4 bytes big endian, Avro body. Avro body = its fields in order.",
        "ce_type": key,
        "schema": schema_file(schema),
        "json": payload,
        "schema_id": SCHEMA_ID,
        "body_hex": body.hex(),
        "value_hex": framed(body).hex(),
        "fields": [{"field": p.name, "hex": p.raw.hex()} for p in anatomy.fields(schema, datum)],
        "read_with": {other.key: shown for other, shown in _other_readers(contract, schema, body)},
    }


def payload_of(contract: Contract, key: str, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The example `name` of `key` as JSON, every field in its place, and as datum."""
    chosen = next(example for example in contract.examples[key] if example.name == name)
    schema = contract.catalog[key]
    datum = datum_of(schema, chosen.payload)
    in_order = {field["name"]: datum[field["name"]] for field in schema.declared["fields"]}
    return json_of_datum(in_order), in_order


def partitions() -> Vector:
    """Where keys go: murmur2 as Kafka's Java client has it."""
    rows = [
        {
            "key": key,
            "key_hex": key.encode().hex(),
            "of_6": partition_of(key, 6),
            "of_1": partition_of(key, 1),
        }
        for key in _KEYS
    ]
    how = "(murmur2(UTF-8 of the key) & 0x7fffffff) % partitions; in librdkafka: partitioner=murmur2_random"
    return {"about": how, "rows": rows}


def _other_readers(
    contract: Contract, schema: RecordSchema, body: bytes
) -> Iterator[tuple[RecordSchema, dict[str, Any]]]:
    for other in contract.versions()[schema.record]:
        if other is not schema:
            yield other, _read_as(schema, other, body)


def _read_as(writer: RecordSchema, reader: RecordSchema, body: bytes) -> dict[str, Any]:
    """What a program that knows only `reader` makes of the bytes, by Avro's own resolution."""
    datum: Any = fastavro.schemaless_reader(io.BytesIO(body), writer.parsed, reader.parsed)
    return json_of_datum(datum)
