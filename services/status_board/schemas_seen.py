"""Compares what the schema registry holds with what is committed here."""

from collections.abc import Iterable, Mapping

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from referral_exchange import catalog, registry
from referral_exchange.catalog import RecordSchema
from referral_exchange.oversight.source import Source
from status_board.world import SchemaStanding, Subject

_ANSWER_S = 5.0
_NOT_FOUND = 404


def seen(source: Source) -> tuple[Subject, ...]:
    """Every subject that is committed here. Raises what the registry's client raises when it is away."""
    further = {"timeout": _ANSWER_S, "max.retries": 0}
    with registry.connected(source.registry_url, source.tls, further) as client:
        there = set(client.get_subjects())
        return tuple(_subject(client, name, own, there) for name, own in _by_subject().items())


def standing(committed: Iterable[int], registered: Iterable[int], same: bool) -> SchemaStanding:
    """What the versions of one subject say. `same`: every committed text was found there."""
    ours, theirs = set(committed), set(registered)
    if len(theirs) < len(ours):
        return "missing"
    if not same:
        return "differs"
    return "more" if len(theirs) > len(ours) else "same"


def _by_subject() -> Mapping[str, list[RecordSchema]]:
    found: dict[str, list[RecordSchema]] = {}
    for schema in sorted(catalog.committed().values(), key=lambda each: (each.subject, each.version)):
        found.setdefault(schema.subject, []).append(schema)
    return found


def _subject(client: SchemaRegistryClient, name: str, own: list[RecordSchema], there: set[str]) -> Subject:
    versions = tuple(sorted(client.get_versions(name))) if name in there else ()
    committed = tuple(schema.version for schema in own)
    same = bool(versions) and all(_is_there(client, schema) for schema in own)
    return Subject(name, committed, versions, standing(committed, versions, same))


def _is_there(client: SchemaRegistryClient, schema: RecordSchema) -> bool:
    try:
        client.lookup_schema(schema.subject, Schema(schema.text, "AVRO"))
    except SchemaRegistryError as error:
        if error.http_status_code == _NOT_FOUND:
            return False
        raise
    return True
