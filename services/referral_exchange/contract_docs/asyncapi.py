"""The contract as one AsyncAPI 3.0 document: channels, messages with examples, who sends and receives."""

from collections.abc import Iterator
from typing import Any

from referral_exchange.catalog import RecordSchema
from referral_exchange.contract_docs.asyncapi_messages import TRAIT, headers_trait, message
from referral_exchange.contract_docs.contract import EVERYONE, PARTICIPANT, Contract
from referral_exchange.topics import TopicKind

BINDING = "0.5.0"
"""Version of AsyncAPI's Kafka bindings."""

Node = dict[str, Any]

_ABOUT = """Every participant has an outbox that only it writes and an inbox that only it reads. What
concerns a person is sealed for one recipient programme and locked under a consent. Values carry Confluent
framing (one byte 0, the registry's schema id in four bytes, then Avro binary); the header `ce_type` names
the version they were written in. `READ_THE_WIRE.md` explains the bytes. Examples have the JSON form of
`README.md`."""


def document(contract: Contract) -> Node:
    """The whole document."""
    kinds = {kind: topic for kind, topic in sorted(contract.topics.items()) if topic.events}
    return {
        "asyncapi": "3.0.0",
        "info": _info(),
        "defaultContentType": "avro/binary",
        "servers": {"one_machine": _server()},
        "channels": {kind: _channel(contract, topic) for kind, topic in kinds.items()},
        "operations": {name: spec for topic in kinds.values() for name, spec in _operations(contract, topic)},
        "components": {
            "messages": {schema.key: message(contract, schema) for schema in contract.on_topics()},
            "messageTraits": {TRAIT: headers_trait()},
        },
    }


def _info() -> Node:
    return {
        "title": "Referral exchange",
        "version": "1.0.0",
        "description": _ABOUT,
        "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
    }


def _server() -> Node:
    return {
        "host": "127.0.0.1:21000",
        "protocol": "kafka-secure",
        "description": "What `exchange up` starts; elsewhere the Kafka 4 and registry of the settings.",
        "security": [
            {"type": "X509", "description": "Mutual TLS: the certificate's common name is who asks."}
        ],
        "bindings": {
            "kafka": {
                "schemaRegistryUrl": "https://127.0.0.1:21002/apis/ccompat/v7",
                "schemaRegistryVendor": "apicurio",
                "bindingVersion": BINDING,
            }
        },
    }


def _channel(contract: Contract, topic: TopicKind) -> Node:
    described: Node = {
        "address": topic.name.replace(PARTICIPANT, "{participant}"),
        "title": topic.kind,
        "description": (
            f"Key: {topic.key}. Partition by: {topic.partition_by}. Written by {topic.written_by}, read by "
            f"{', '.join(topic.read_by)}. Kept: {topic.kept}."
        ),
        "messages": {s.key: {"$ref": f"#/components/messages/{s.key}"} for s in _carried(contract, topic)},
        "bindings": {"kafka": _topic_binding(topic)},
    }
    if topic.per_participant:
        who = "Id of the participant it belongs to: a slug, as `directory` lists it."
        described["parameters"] = {"participant": {"description": who, "examples": ["sample-outreach"]}}
    return described


def _topic_binding(topic: TopicKind) -> Node:
    return {
        "partitions": topic.partitions,
        "topicConfiguration": {"cleanup.policy": [topic.cleanup], "retention.ms": -1},
        "bindingVersion": BINDING,
    }


def _operations(contract: Contract, topic: TopicKind) -> Iterator[tuple[str, Node]]:
    """One for the writer and one for each reader, each told from its own side."""
    for who, action in ((topic.written_by, "send"), *((reader, "receive") for reader in topic.read_by)):
        named = {PARTICIPANT: "participant", EVERYONE: "everyone"}.get(who, who)
        yield (
            f"{named}.{action}.{topic.kind}",
            {
                "action": action,
                "channel": {"$ref": f"#/channels/{topic.kind}"},
                "title": f"{named} {'writes' if action == 'send' else 'reads'} {topic.name}",
                "messages": [
                    {"$ref": f"#/channels/{topic.kind}/messages/{s.key}"} for s in _carried(contract, topic)
                ],
                "bindings": {"kafka": _operation_binding(named, action)},
            },
        )


def _operation_binding(named: str, action: str) -> Node:
    if action == "send" or named == "everyone":
        return {"bindingVersion": BINDING}
    group = "<participant>.edge" if named == "participant" else named
    return {"groupId": {"type": "string", "enum": [group]}, "bindingVersion": BINDING}


def _carried(contract: Contract, topic: TopicKind) -> Iterator[RecordSchema]:
    return (schema for schema in contract.on_topics() if schema.record in topic.events)


__all__ = ["BINDING", "document"]
