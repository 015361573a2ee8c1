"""`asyncapi.json` is AsyncAPI 3.0 by its own schema, and says of every event and topic what is so."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from referral_exchange import codec, contract_files
from referral_exchange.contract_docs import contract
from referral_exchange.contract_docs.asyncapi import document
from referral_exchange.examples import datum_of

OFFICIAL = Path(__file__).resolve().parents[1] / "data" / "asyncapi-3.0.0" / "schema.json"
Node = dict[str, Any]


@pytest.fixture(scope="module")
def whole() -> contract.Contract:
    return contract.load()


@pytest.fixture(scope="module")
def committed() -> Node:
    loaded: Node = json.loads((contract_files.SCHEMAS / "asyncapi.json").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def official() -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(json.loads(OFFICIAL.read_text(encoding="utf-8")))


def with_schemas_inside(node: Any) -> Any:
    """The document with every referenced Avro file in the reference's place."""
    if isinstance(node, list):
        return [with_schemas_inside(item) for item in node]
    if not isinstance(node, dict):
        return node
    if str(node.get("$ref", "")).startswith("./"):
        return json.loads((contract_files.SCHEMAS / node["$ref"]).read_text(encoding="utf-8"))
    return {name: with_schemas_inside(inner) for name, inner in node.items()}


def references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [found for item in node for found in references(item)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    return own + [found for inner in node.values() for found in references(inner)]


def pointed_at(whole: Node, reference: str) -> Any:
    found: Any = whole
    for piece in reference.removeprefix("#/").split("/"):
        found = found[piece]
    return found


def test_the_official_schema_accepts_it(committed: Node, official: jsonschema.Draft7Validator) -> None:
    assert [error.message for error in official.iter_errors(committed)] == []


def test_the_official_schema_accepts_every_avro_schema_in_it(
    committed: Node, official: jsonschema.Draft7Validator
) -> None:
    assert [error.json_path for error in official.iter_errors(with_schemas_inside(committed))] == []


def _no_info(whole: Node) -> None:
    del whole["info"]


def _binding_unknown(whole: Node) -> None:
    whole["channels"]["outbox"]["bindings"]["kafka"]["partitions"] = 0


def _unknown_member(whole: Node) -> None:
    whole["channels"]["outbox"]["readers"] = []


def _other_action(whole: Node) -> None:
    whole["operations"]["participant.send.outbox"]["action"] = "publish"


def _no_avro(whole: Node) -> None:
    whole["components"]["messages"]["ReferralOffered.v1"]["payload"]["schema"] = {"type": "record"}


@pytest.mark.parametrize(
    "spoil", [_no_info, _binding_unknown, _unknown_member, _other_action, _no_avro], ids=lambda f: f.__name__
)
def test_the_official_schema_refuses_a_spoilt_one(
    committed: Node, official: jsonschema.Draft7Validator, spoil: Callable[[Node], None]
) -> None:
    spoilt = copy.deepcopy(committed)
    spoil(spoilt)
    assert not official.is_valid(spoilt)


def test_the_committed_file_is_current(whole: contract.Contract, committed: Node) -> None:
    assert committed == document(whole), "run: make generate"


def test_every_reference_leads_somewhere(committed: Node) -> None:
    inside = [reference for reference in references(committed) if reference.startswith("#/")]
    outside = [reference for reference in references(committed) if not reference.startswith("#/")]
    assert all(pointed_at(committed, reference) for reference in inside)
    assert all((contract_files.SCHEMAS / reference).is_file() for reference in outside)
    with pytest.raises(KeyError):
        pointed_at(committed, "#/components/messages/Nothing.v1")


def test_every_event_of_every_topic_is_a_message_of_its_channel(
    committed: Node, whole: contract.Contract
) -> None:
    for kind, topic in whole.topics.items():
        named = {schema.key for schema in whole.catalog.values() if schema.record in topic.events}
        shown = committed["channels"].get(kind, {"messages": {}})["messages"]
        assert set(shown) == named, kind
    carried = {record for topic in whole.topics.values() for record in topic.events}
    assert {name.split(".")[0] for name in committed["components"]["messages"]} == carried


def test_no_plaintext_of_a_sealed_part_is_a_message(committed: Node, whole: contract.Contract) -> None:
    sealed = {schema.key for schema in whole.catalog.values() if schema.family in ("parts", "forms")}
    assert sealed
    assert not sealed & set(committed["components"]["messages"])


def test_every_message_has_an_example_that_decodes(committed: Node, whole: contract.Contract) -> None:
    for key, message in committed["components"]["messages"].items():
        assert message["examples"], key
        for example in message["examples"]:
            assert example["headers"]["ce_type"] == key
            schema = whole.catalog[key]
            body = codec.write_datum(schema, datum_of(schema, example["payload"]))
            newest = max(
                (s for s in whole.catalog.values() if s.record == schema.record), key=lambda s: s.version
            )
            assert codec.read_body(schema, newest, body)


def test_an_example_of_another_record_would_be_found(committed: Node, whole: contract.Contract) -> None:
    messages = committed["components"]["messages"]
    with pytest.raises(codec.Unencodable):
        datum_of(whole.catalog["ReferralOffered.v1"], messages["ConsentEnded.v1"]["examples"][0]["payload"])


def test_each_channel_says_what_its_topic_says(committed: Node, whole: contract.Contract) -> None:
    for kind, channel in committed["channels"].items():
        topic = whole.topics[kind]
        assert channel["address"] == topic.name.replace("<participant>", "{participant}")
        assert ("participant" in channel.get("parameters", {})) == topic.per_participant
        binding = channel["bindings"]["kafka"]
        assert binding["partitions"] == topic.partitions
        assert binding["topicConfiguration"]["cleanup.policy"] == [topic.cleanup]


def test_each_writer_sends_and_each_reader_receives(committed: Node, whole: contract.Contract) -> None:
    said = {
        (name.split(".")[0], spec["action"], spec["channel"]["$ref"].rpartition("/")[2])
        for name, spec in committed["operations"].items()
    }
    names = {"<participant>": "participant", "*": "everyone"}
    wanted = {
        (names.get(who, who), action, kind)
        for kind, topic in whole.topics.items()
        if topic.events
        for action, people in (("send", (topic.written_by,)), ("receive", topic.read_by))
        for who in people
    }
    assert said == wanted
