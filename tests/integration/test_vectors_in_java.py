"""Apache Avro's Java tools, which know nothing of us, decode and encode the vectors as we do."""

import io
import json
from pathlib import Path
from typing import Any

import fastavro
import pytest
from java_avro import AvroTools

from referral_exchange import catalog, examples
from referral_exchange.contract_files import SCHEMAS

VECTORS = sorted((SCHEMAS / "vectors").glob("*.v*.json"))


@pytest.fixture(scope="module")
def tools(jar_cache: Path) -> AvroTools:
    return AvroTools(jar_cache / "jars")


def load(path: Path) -> dict[str, Any]:
    vector: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return vector


def text_of(key: str) -> str:
    """The schema file as it is committed."""
    return catalog.committed()[key].text


def as_avro_json(schema: Any, value: Any) -> Any:
    """Our JSON, read with the schema as committed, in Avro's own JSON encoding: a union names its branch."""
    if isinstance(schema, list):
        held = next(branch for branch in schema if branch != "null")
        return None if value is None else {branch_name(held): as_avro_json(held, value)}
    kind = schema["type"] if isinstance(schema, dict) else schema
    if kind == "record":
        return {f["name"]: as_avro_json(f["type"], value[f["name"]]) for f in schema["fields"]}
    if kind == "array":
        return [as_avro_json(schema["items"], item) for item in value]
    if kind == "bytes":
        return value.decode("latin-1")
    if isinstance(schema, dict) and schema.get("logicalType") == "timestamp-millis":
        return round(value.timestamp() * 1000)
    return value


def branch_name(kind: Any) -> str:
    if not isinstance(kind, dict):
        return str(kind)
    named = kind["type"] in ("record", "enum")
    return str(kind["name"] if named else kind["type"])


def expected(key: str, vector: dict[str, Any]) -> Any:
    schema = catalog.committed()[key]
    return as_avro_json(schema.declared, examples.datum_of(schema, vector))


def named_alike(value: Any) -> Any:
    """Without the namespace of a branch: Java writes it, our files need not."""
    if isinstance(value, list):
        return [named_alike(item) for item in value]
    if isinstance(value, dict):
        return {name.rpartition(".")[2]: named_alike(inner) for name, inner in value.items()}
    return value


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_java_decodes_the_vector_to_the_same(tools: AvroTools, path: Path) -> None:
    vector = load(path)
    value = bytes.fromhex(vector["value_hex"])
    shown = tools.fragment_to_json(text_of(vector["ce_type"]), value[5:])
    assert named_alike(shown) == named_alike(expected(vector["ce_type"], vector["json"]))


def test_java_writes_the_same_bytes(tools: AvroTools) -> None:
    vector = load(SCHEMAS / "vectors" / "ReferralOffered.v1.json")
    body = bytes.fromhex(vector["body_hex"])
    schema = text_of("ReferralOffered.v1")
    assert tools.json_to_fragment(schema, tools.fragment_to_json(schema, body)) == body


@pytest.mark.parametrize(("record", "old", "new"), [("ProgrammeListed", 1, 2), ("CapacityReported", 1, 2)])
@pytest.mark.parametrize("forward", [True, False], ids=["reader-v1-of-v2-bytes", "reader-v2-of-v1-bytes"])
def test_a_java_reader_survives_the_other_version(
    tools: AvroTools, record: str, old: int, new: int, forward: bool
) -> None:
    writer, reader = (
        (f"{record}.v{new}", f"{record}.v{old}") if forward else (f"{record}.v{old}", f"{record}.v{new}")
    )
    vector = load(SCHEMAS / "vectors" / f"{writer}.json")
    container = io.BytesIO()
    schema = catalog.committed()[writer]
    fastavro.writer(container, schema.parsed, [examples.datum_of(schema, vector["json"])])
    shown = tools.container_to_json(text_of(reader), container.getvalue())
    assert named_alike(shown) == named_alike(expected(reader, vector["read_with"][reader]))


def test_bytes_of_v2_read_as_if_they_were_v1_make_no_sense(tools: AvroTools) -> None:
    """Why `ce_type` must be read first: without its writer's schema the bytes say something else."""
    vector = load(SCHEMAS / "vectors" / "ProgrammeListed.v2.json")
    with pytest.raises(ValueError, match="EOFException"):
        tools.fragment_to_json(text_of("ProgrammeListed.v1"), bytes.fromhex(vector["body_hex"]))


def test_java_refuses_half_an_event(tools: AvroTools) -> None:
    vector = load(SCHEMAS / "vectors" / "ServiceStatusChanged.v1.json")
    with pytest.raises(ValueError, match="EOFException"):
        tools.fragment_to_json(text_of(vector["ce_type"]), bytes.fromhex(vector["body_hex"])[:-3])
