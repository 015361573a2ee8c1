"""The committed schemas on the real registry: registered once, found again, guarded against change."""

import json
import uuid
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Message, Producer
from confluent_kafka.admin import AdminClient, NewTopic
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

from exchange_command.platform import Platform
from referral_exchange.catalog import Catalog, committed, load_catalog
from referral_exchange.codec import Codec
from referral_exchange.compatibility import full_faults
from referral_exchange.contract_files import SCHEMAS
from referral_exchange.examples import datum_of, event_of
from referral_exchange.ids import fresh
from referral_exchange.registry import RegistryRefused, connected, look_up_all, register_all
from referral_exchange.settings import Tls
from referral_exchange.topics import partition_of

_KEYS = 400


@dataclass(frozen=True)
class There:
    """The registry, asked as the administrator."""

    url: str
    tls: Tls

    def register_all(self, catalog: Catalog) -> dict[str, int]:
        return register_all(self.url, catalog, self.tls)

    def look_up_all(self, catalog: Catalog) -> dict[str, int]:
        return look_up_all(self.url, catalog, self.tls)

    def client(self) -> SchemaRegistryClient:
        return connected(self.url, self.tls)


@pytest.fixture
def there(platform: Platform) -> There:
    return There(platform.places.registry_url, platform.places.tls("administrator"))


def event(name: str, *more: dict[str, Any]) -> dict[str, Any]:
    colour = {"type": "enum", "name": "Colour", "symbols": ["unspecified", "red"], "default": "unspecified"}
    fields = [
        {"name": "colour", "type": colour},
        {"name": "count", "type": ["null", "int"], "default": None},
        {"name": "size", "type": "long"},
    ]
    return {
        "type": "record",
        "name": name,
        "namespace": "referral_exchange.sample",
        "doc": "A sample.",
        "fields": [*fields, *more],
    }


def catalog_of(folder: Path, *versions: dict[str, Any]) -> Catalog:
    (folder / "sample").mkdir(exist_ok=True)
    for number, declared in enumerate(versions, start=1):
        path = folder / f"sample/{declared['name']}.v{number}.avsc"
        path.write_text(json.dumps(declared), encoding="utf-8")
    return load_catalog(folder)


def a_name() -> str:
    """A record no test before has registered."""
    return f"Sampled{uuid.uuid4().hex}"


def test_registering_twice_changes_nothing(there: There) -> None:
    ids = there.register_all(committed())
    assert there.register_all(committed()) == ids
    assert there.look_up_all(committed()) == ids
    assert ids.keys() == committed().keys()
    assert len(set(ids.values())) == len(ids)
    assert all(ids.values())


def test_a_subject_is_the_records_full_name(there: There) -> None:
    there.register_all(committed())
    with there.client() as client:
        assert {schema.subject for schema in committed().values()} <= set(client.get_subjects())
        assert client.get_compatibility() == "FULL_TRANSITIVE"


def test_a_schema_that_was_never_registered_is_not_found(there: There, tmp_path: Path) -> None:
    with pytest.raises(RegistryRefused, match=r"v1: the registry answered 404; run `exchange up`"):
        there.look_up_all(catalog_of(tmp_path, event(a_name())))


def without(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda declared: declared.update(fields=[f for f in declared["fields"] if f["name"] != name])


def field(name: str, **to: Any) -> Callable[[dict[str, Any]], object]:
    return lambda declared: next(f for f in declared["fields"] if f["name"] == name).update(to)


def added(**field: Any) -> Callable[[dict[str, Any]], object]:
    return lambda declared: declared["fields"].append(field)


def symbols(*symbols: str) -> Callable[[dict[str, Any]], object]:
    return lambda declared: declared["fields"][0]["type"].update(symbols=["unspecified", *symbols])


@pytest.mark.parametrize(
    ("change", "compatible"),
    [
        pytest.param(added(name="x", type=["null", "int"], default=None), True, id="optional field added"),
        pytest.param(added(name="x", type="int", default=0), True, id="field with a default added"),
        pytest.param(without("count"), True, id="optional field dropped"),
        pytest.param(symbols("red", "blue"), True, id="symbol added"),
        pytest.param(symbols(), True, id="symbol dropped"),
        pytest.param(added(name="x", type="int"), False, id="required field added"),
        pytest.param(without("size"), False, id="required field dropped"),
        pytest.param(field("size", type="string"), False, id="type changed"),
        pytest.param(field("size", type="int"), False, id="type narrowed"),
        pytest.param(field("size", type=["null", "long"], default=None), False, id="made optional"),
        pytest.param(field("count", type=["null", "string"]), False, id="branch changed"),
    ],
)
def test_the_registry_and_the_offline_check_judge_a_change_alike(
    change: Callable[[dict[str, Any]], object], compatible: bool, there: There, tmp_path: Path
) -> None:
    first = event(a_name())
    second = deepcopy(first)
    change(second)
    assert (not list(full_faults(first, second))) == compatible
    there.register_all(catalog_of(tmp_path, first))
    both = catalog_of(tmp_path, first, second)
    if compatible:
        assert len(set(there.register_all(both).values())) == 2
        return
    with pytest.raises(
        RegistryRefused, match=r"v2: the registry answered 409; .* add a compatible v3 instead"
    ):
        there.register_all(both)


def test_a_third_version_must_fit_the_first_too(there: There, tmp_path: Path) -> None:
    first = event(a_name(), {"name": "x", "type": "int", "default": 0})
    second = event(first["name"])
    third = event(first["name"], {"name": "x", "type": "string", "default": ""})
    assert not list(full_faults(second, third))
    assert list(full_faults(first, third))
    with pytest.raises(RegistryRefused, match=r"v3: the registry answered 409"):
        there.register_all(catalog_of(tmp_path, first, second, third))


def test_a_confluent_client_reads_what_the_codec_wrote(there: There) -> None:
    schema = committed()["ReferralOffered.v1"]
    path = SCHEMAS / "referral/examples/ReferralOffered.v1.urgent.pass.json"
    shown = json.loads(path.read_text(encoding="utf-8"))
    written = Codec(committed(), there.register_all(committed())).encode(event_of(schema, shown))
    with there.client() as client:
        read = AvroDeserializer(client)(written, SerializationContext("outbox.sample", MessageField.VALUE))
    expected = datum_of(schema, shown)
    assert {name: str(value) for name, value in read.items()} == {n: str(v) for n, v in expected.items()}


def test_librdkafka_puts_a_key_where_we_look_for_it(platform: Platform) -> None:
    topic = f"sample.{uuid.uuid4()}"
    bootstrap: dict[str, str | int | float | bool] = {**platform.places.kafka("administrator")}
    admin = AdminClient(bootstrap)
    admin.create_topics([NewTopic(topic, 6, 1)])[topic].result(30)
    landed: dict[str, int | None] = {}

    def note(_: object, message: Message) -> None:
        landed[(message.key() or b"").decode()] = message.partition()

    producer = Producer({**bootstrap, "partitioner": "murmur2_random"})
    # So many that none of six partitions goes without one, ever.
    for key in [fresh() for _ in range(_KEYS)]:
        producer.produce(topic, key=key, on_delivery=note)
    assert producer.flush(30) == 0
    assert len(landed) == _KEYS
    assert landed == {key: partition_of(key, 6) for key in landed}
    assert set(landed.values()) == set(range(6))
