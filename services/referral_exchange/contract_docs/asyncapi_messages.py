"""AsyncAPI's messages: one a record and version, with the Avro schema by reference and every example."""

from typing import Any

from referral_exchange.catalog import RecordSchema
from referral_exchange.contract_docs.contract import Contract, schema_file

TRAIT = "signed"
"""The headers that every event of the contract travels with."""

AVRO = "application/vnd.apache.avro;version=1.9.0"
"""AsyncAPI's name for an Avro schema."""

_BINDING = "0.5.0"
_UUID = {"type": "string", "format": "uuid"}

Node = dict[str, Any]


def message(contract: Contract, schema: RecordSchema) -> Node:
    """The message of one record and version."""
    examples = contract.examples[schema.key]
    return {
        "name": schema.key,
        "title": schema.record,
        "summary": schema.declared["doc"],
        "tags": [{"name": schema.family}],
        "traits": [{"$ref": f"#/components/messageTraits/{TRAIT}"}],
        "payload": {"schemaFormat": AVRO, "schema": {"$ref": f"./{schema_file(schema)}"}},
        "bindings": {"kafka": _binding(contract, schema)},
        "examples": [
            {
                "name": example.name,
                "summary": example.name.replace("-", " "),
                "headers": {"ce_type": schema.key},
                "payload": example.payload,
            }
            for example in examples
        ],
    }


def headers_trait() -> Node:
    """What stands in the headers. Bytes on the wire: all but the signature are UTF-8 text."""
    texts = {
        "ce_type": "`Record.vN`: the version the bytes were written in.",
        "ce_id": "The event's id.",
        "ce_source": "The programme that says it.",
        "ce_time": "When it happened: ISO 8601 with a zone.",
        "key_id": "Which of the programme's keys signed.",
        "traceparent": "W3C trace context of the stretch that sent it; may be missing.",
    }
    signature = (
        "Ed25519, 64 raw bytes, over `ce_type`, key, programme to and value, each behind its length in four "
        "bytes, big endian. Nobody signs on `referral-records`, `referral-progress`, `quarantine` and "
        "`operations`."
    )
    properties: Node = {name: {"type": "string", "description": said} for name, said in texts.items()}
    properties["signature"] = {"type": "string", "contentEncoding": "base64", "description": signature}
    return {"headers": {"type": "object", "required": ["ce_type"], "properties": properties}}


def _binding(contract: Contract, schema: RecordSchema) -> Node:
    return {
        "key": _key(contract, schema),
        "schemaIdLocation": "payload",
        "schemaIdPayloadEncoding": "confluent",
        "schemaLookupStrategy": "RecordNameStrategy",
        "bindingVersion": _BINDING,
    }


def _key(contract: Contract, schema: RecordSchema) -> Node:
    kinds = contract.kinds_of(schema)
    fields = {field["name"]: field["type"] for field in schema.declared["fields"]}
    keys = {contract.topics[kind].key for kind in kinds}
    if keys == {"consent id"}:
        return {**_UUID, "description": "The consent id."}
    if keys != {"referral id"}:
        return {"type": "string", "description": _by_topic(contract, kinds)}
    if "referral_id" not in fields:
        return {**_UUID, "description": "The event id: it is about no referral."}
    optional = isinstance(fields["referral_id"], list)
    said = "The referral id, or the event id where it is about none." if optional else "The referral id."
    return {**_UUID, "description": said}


def _by_topic(contract: Contract, kinds: tuple[str, ...]) -> str:
    named = {
        kind: "event id" if contract.topics[kind].per_participant else contract.topics[kind].key
        for kind in kinds
    }
    if len(set(named.values())) == 1:
        return f"The {next(iter(named.values()))}."
    return "; ".join(f"on {kind}: {key}" for kind, key in named.items()) + "."
