"""What an operator sees of an event: routing fields; nothing sealed, nothing a stranger chose to write."""

import json
from pathlib import Path
from typing import Any

import pytest

from exchange_command.oversight import tailing
from exchange_command.oversight.event_view import routing_fields
from exchange_command.problem import Problem
from referral_exchange import catalog, examples
from referral_exchange.codec import write_datum
from referral_exchange.contract_files import SCHEMAS
from referral_exchange.oversight.source import Source
from referral_exchange.oversight.words import plain
from referral_exchange.runtime.tail import Partition, Read

CATALOG = catalog.committed()
EXAMPLES = sorted(SCHEMAS.glob("*/examples/*.pass.json"))
SOURCE = Source({"bootstrap.servers": "127.0.0.1:1"}, "")
CANARY = "invented canary"


def read(path: Path) -> tuple[catalog.RecordSchema, dict[str, Any]]:
    schema = CATALOG[".".join(path.name.split(".")[:2])]
    return schema, examples.datum_of(schema, json.loads(path.read_text(encoding="utf-8")))


def tags(declared: dict[str, Any]) -> dict[str, str]:
    return {field["name"]: field["tag"] for field in declared["fields"]}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_only_routing_fields_are_seen(path: Path) -> None:
    schema, datum = read(path)
    seen = routing_fields(schema, datum)
    routing = {name for name, tag in tags(schema.declared).items() if tag == "routing"}
    assert set(seen) == ({"sealed_bytes"} if schema.declared.get("sealed_part") else routing)
    for value in leaves(datum, bytes):
        assert value.decode("latin-1") not in json.dumps(seen)


def leaves(node: Any, kind: type) -> list[Any]:
    if isinstance(node, dict):
        return [leaf for inner in node.values() for leaf in leaves(inner, kind)]
    if isinstance(node, list):
        return [leaf for inner in node for leaf in leaves(inner, kind)]
    return [node] if isinstance(node, kind) and len(node) > 3 else []


def test_a_sealed_part_is_its_size() -> None:
    schema, datum = read(SCHEMAS / "referral" / "examples" / "ReferralOffered.v1.urgent.pass.json")
    part = datum["parts"][0]
    size = len(part["lock"]) + len(part["ciphertext"])
    assert routing_fields(schema, datum)["parts"] == [{"sealed_bytes": size}]


def test_the_ledgers_bytes_in_an_ending_are_sizes() -> None:
    schema, datum = read(SCHEMAS / "consent" / "examples" / "ConsentEnded.v1.withdrawn.pass.json")
    seen = routing_fields(schema, datum)
    assert [value for value in seen.values() if isinstance(value, dict)]
    assert all(set(value) == {"bytes"} for value in seen.values() if isinstance(value, dict))


def message(key: str, value: bytes | None, **headers: str) -> Read:
    named = [(name, text.encode()) for name, text in headers.items()]
    return Read(Partition("outbox.sample", 0), 7, key.encode(), value, named, 0)


def shown(read: Read) -> dict[str, Any]:
    return tailing.as_json(SOURCE, read, decode=True)


def test_what_has_not_the_form_it_must_have_is_not_shown() -> None:
    trace = f"00-{CANARY}-b7ad6b7169203331-01"
    told = shown(message(CANARY, b"x" * 9, ce_type=CANARY, ce_source=CANARY, traceparent=trace, other=CANARY))
    assert CANARY not in json.dumps(told)
    assert (told["key"], told["type"], told["from"], told["trace_id"]) == (None, None, None, None)
    assert (told["bytes"], told["fault"]) == (9, "unknown-record")


def test_a_plaintext_on_a_topic_is_not_shown() -> None:
    schema = CATALOG["Identity.v1"]
    path = next((SCHEMAS / "parts" / "examples").glob("Identity.v1.*.pass.json"))
    value = b"\0\0\0\0\7" + write_datum(schema, read(path)[1])
    told = shown(message("00000000-0000-4000-8000-000000000001", value, ce_type="Identity.v1"))
    assert (told["fields"], told["fault"]) == (None, "not-an-event")


def test_a_tombstone_says_so() -> None:
    assert shown(message("consents", None))["fault"] == "tombstone"


def test_every_event_of_the_contract_is_decoded_whatever_registry_numbered_it() -> None:
    for path in EXAMPLES:
        schema, datum = read(path)
        if schema.family in ("parts", "forms"):
            continue
        value = b"\0\0\1\2\3" + write_datum(schema, datum)
        told = shown(message("00000000-0000-4000-8000-000000000001", value, ce_type=schema.key))
        assert told["fault"] is None, path.name
        assert told["fields"]["event_id" if "event_id" in datum else "referral_id"]


def test_topics_are_those_of_the_contract() -> None:
    there = {"consents": 2, "inbox.sample": 1, "inbox.": 1, "someone-elses": 3}
    assert tailing.partitions_of(["inbox.sample", "inbox.sample"], there) == [Partition("inbox.sample", 0)]
    assert len(tailing.partitions_of(["consents"], there)) == 2
    for name in ("someone-elses", "inbox.", "inbox.nobody", "__consumer_offsets"):
        with pytest.raises(Problem, match=r"there are consents, inbox\.sample"):
            tailing.partitions_of([name], there)


def test_no_text_can_steer_a_terminal_or_be_endless() -> None:
    assert "\x1b" not in plain("\x1b[2Jgone")
    assert "\n" not in plain("a\nb")
    assert len(plain("x" * 10_000)) < 300
