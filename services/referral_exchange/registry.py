"""Registers the committed schemas and learns their ids, from a Confluent-compatible registry."""

from collections.abc import Iterable

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from referral_exchange.catalog import Catalog, RecordSchema

COMPATIBILITY = "FULL_TRANSITIVE"
"""Every version of a record reads every other."""


class RegistryRefused(Exception):
    """The registry did not take a schema; the message says which and what to do."""


def register_all(url: str, catalog: Catalog) -> dict[str, int]:
    """Registers every schema under its record name; returns the registry id by `Record.vN`.

    Idempotent. Raises RegistryRefused for an incompatible schema; connection errors travel on.
    """
    with SchemaRegistryClient({"url": url}) as client:
        client.set_compatibility(level=COMPATIBILITY)
        return {schema.key: _register(client, schema) for schema in _in_order(catalog)}


def look_up_all(url: str, catalog: Catalog) -> dict[str, int]:
    """The ids of schemas that are registered already; a service reads, only `exchange up` writes.

    Raises RegistryRefused for a schema that is not there.
    """
    with SchemaRegistryClient({"url": url}) as client:
        return {schema.key: _look_up(client, schema) for schema in _in_order(catalog)}


def _in_order(catalog: Catalog) -> Iterable[RecordSchema]:
    return sorted(catalog.values(), key=lambda schema: (schema.record, schema.version))


def _register(client: SchemaRegistryClient, schema: RecordSchema) -> int:
    try:
        return int(client.register_schema(schema.subject, Schema(schema.text, "AVRO")))
    except SchemaRegistryError as error:
        raise RegistryRefused(
            f"{schema.key}: the registry answered {error.http_status_code}; a schema that stands is never "
            f"changed, add a compatible v{schema.version + 1} instead"
        ) from None


def _look_up(client: SchemaRegistryClient, schema: RecordSchema) -> int:
    try:
        found = client.lookup_schema(schema.subject, Schema(schema.text, "AVRO"))
    except SchemaRegistryError as error:
        raise RegistryRefused(
            f"{schema.key}: the registry answered {error.http_status_code}; run `exchange up` to register it"
        ) from None
    return int(found.schema_id or 0)
