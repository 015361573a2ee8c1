"""Registers the committed schemas and learns their ids, from a Confluent-compatible registry."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

# The client raises the errors of whichever httpx it found; only this says which.
from confluent_kafka.schema_registry.common._httpx_compat import httpx
from confluent_kafka.schema_registry.error import SchemaRegistryError

from referral_exchange.catalog import Catalog, RecordSchema
from referral_exchange.settings import Settings, Tls

COMPATIBILITY = "FULL_TRANSITIVE"
"""Every version of a record reads every other."""

_ANSWER_S = 5.0
_PAUSE_S = 1.0
_SAY_EVERY_S = 10.0
_BROKEN = 500
_LOG = logging.getLogger(__name__)


class RegistryRefused(Exception):
    """The registry did not take a schema; the message says which and what to do."""


class RegistryAway(RegistryRefused):
    """The registry does not answer, or not sensibly. Nothing was asked of it that a repeat could spoil."""


Wait = Callable[[float], bool]
"""Sleeps for at most so many seconds; whether to give up meanwhile."""


def _sleep(seconds: float) -> bool:
    time.sleep(seconds)
    return False


def connected(
    url: str, tls: Tls | None, further: Mapping[str, Any] = MappingProxyType({})
) -> SchemaRegistryClient:
    """A client of the registry at `url`, which shows the certificate of `tls`."""
    shown = (
        {
            "ssl.ca.location": str(tls.authority),
            "ssl.certificate.location": str(tls.certificate),
            "ssl.key.location": str(tls.key),
        }
        if tls
        else {}
    )
    return SchemaRegistryClient({"url": url, **shown, **further})


def register_all(url: str, catalog: Catalog, tls: Tls | None = None) -> dict[str, int]:
    """Registers every schema under its record name; returns the registry id by `Record.vN`.

    Idempotent. Raises RegistryRefused for an incompatible schema; connection errors travel on.
    """
    with connected(url, tls) as client:
        client.set_compatibility(level=COMPATIBILITY)
        return {schema.key: _register(client, schema) for schema in _in_order(catalog)}


def look_up_all(url: str, catalog: Catalog, tls: Tls | None = None) -> dict[str, int]:
    """The ids of schemas that are registered already; a service reads, only `exchange up` writes.

    Raises RegistryRefused for a schema that is not there, RegistryAway where there is no answer in time.
    """
    with connected(url, tls, {"timeout": _ANSWER_S, "max.retries": 0}) as client:
        return {schema.key: _look_up(client, schema) for schema in _in_order(catalog)}


def learn_all(settings: Settings, catalog: Catalog, wait: Wait = _sleep) -> dict[str, int]:
    """What `look_up_all` answers, for a service that starts: a registry that is away is waited for.

    `wait` sleeps for some seconds and answers whether to stop meanwhile. Raises RegistryRefused, and
    RegistryAway after `settings.registry_wait_s`.
    """
    begun = time.monotonic()
    said = begun - _SAY_EVERY_S
    while True:
        try:
            return look_up_all(settings.registry_url, catalog, settings.tls)
        except RegistryAway as away:
            left = settings.registry_wait_s - (time.monotonic() - begun)
            if time.monotonic() - said >= _SAY_EVERY_S and left > 0:
                said = time.monotonic()
                _LOG.warning("%s; it is waited for, %.0f s at most", away, left)
            if left <= 0 or wait(min(_PAUSE_S, left)):
                raise


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
        if error.http_status_code >= _BROKEN:
            raise RegistryAway(f"the schema registry answers {error.http_status_code}") from None
        raise RegistryRefused(
            f"{schema.key}: the registry answered {error.http_status_code}; run `exchange up` to register it"
        ) from None
    except (httpx.HTTPError, OSError):
        raise RegistryAway("the schema registry does not answer; see whether it runs, and its url") from None
    except (ValueError, TypeError, AttributeError, LookupError):
        raise RegistryAway("what answers is no schema registry; see its url") from None
    if not isinstance(found.schema_id, int):
        raise RegistryAway("what answers is no schema registry; see its url")
    return found.schema_id
