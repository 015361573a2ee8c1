"""The lint passes the committed schemas, and each of its rules refuses a schema that breaks it."""

import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from referral_exchange import schema_lint, schema_rules, topic_rules
from referral_exchange.catalog import committed

Files = dict[str, Any]
"""JSON or TOML text by path below the folder of the schemas."""

EVENT = "sample/Sampled.v1.avsc"
PART = "parts/Plain.v1.avsc"
TOPICS = "sample/topic.toml"

SPEC = """
[topics.samples]
name = "samples"
key = "sample id"
partition_by = "key"
partitions = 1
cleanup = "delete"
written_by = "sampler"
read_by = ["*"]
kept = "1 day"
"""
LISTED = '[events]\nSampled = ["samples"]\n'


def field(name: str, kind: Any, tag: str = "routing", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "doc": "A sample.", "tag": tag, **more}


def sound() -> Files:
    """A small contract that keeps every rule."""
    colour = {"type": "enum", "name": "Colour", "doc": "A colour.", "symbols": ["unspecified", "red"]}
    part = {
        "type": "record",
        "name": "SealedPart",
        "namespace": "referral_exchange",
        "doc": "A part.",
        "sealed_part": True,
        "fields": [field("lock", "bytes", "sealed"), field("ciphertext", "bytes", "sealed")],
    }
    event = {
        "type": "record",
        "name": "Sampled",
        "namespace": "referral_exchange.sample",
        "doc": "A sample was taken.",
        "fields": [
            field("event_id", {"type": "string", "logicalType": "uuid"}),
            field("occurred_at", {"type": "long", "logicalType": "timestamp-millis"}),
            field("programme_from", "string"),
            field("colour", {**colour, "default": "unspecified"}),
            field("count", ["null", "int"], "public", default=None),
            field("parts", many(part)),
        ],
    }
    plain = {
        "type": "record",
        "name": "Plain",
        "namespace": "referral_exchange.parts",
        "doc": "A plaintext.",
        "sealed_part": True,
        "data_class": "identity",
        "fields": [field("name", "string", "sealed")],
    }
    return {EVENT: event, PART: plain, TOPICS: SPEC + LISTED}


def at(files: Files, name: str, path: str = EVENT) -> dict[str, Any]:
    found: dict[str, Any] = next(field for field in files[path]["fields"] if field["name"] == name)
    return found


def part_of(files: Files) -> dict[str, Any]:
    items: dict[str, Any] = at(files, "parts")["type"]["items"]
    return items


def added(*fields: dict[str, Any], path: str = EVENT) -> Callable[[Files], object]:
    return lambda files: files[path]["fields"].extend(fields)


def many(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


def nested(name: str, *fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "record", "name": name, "doc": "A nested one.", "fields": list(fields)}


def second(change: Callable[[Files], object]) -> Callable[[Files], object]:
    """A second version, changed: `change` works on it as if it were the first."""

    def apply(files: Files) -> None:
        copy = deepcopy(files)
        change(copy)
        files[EVENT.replace("v1", "v2")] = copy[EVENT]

    return apply


def moved(path: str, to: str) -> Callable[[Files], object]:
    return lambda files: files.update({to: files.pop(path)})


def text(old: str, new: str) -> Callable[[Files], object]:
    return lambda files: files.update({TOPICS: files[TOPICS].replace(old, new)})


def optional_sender(files: Files) -> None:
    at(files, "programme_from").update(type=["null", "string"], default=None)


BROKEN: list[tuple[str, str, Callable[[Files], object]]] = [
    ("avro", "not JSON", lambda f: f.update({EVENT: "{"})),
    ("avro", "type unknown to Avro", added(field("x", "stringg"))),
    ("avro", "not a record", lambda f: f.update({EVENT: {"type": "string"}})),
    ("file-name", "no version", moved(EVENT, "sample/Sampled.avsc")),
    ("file-name", "another record", moved(EVENT, "sample/Taken.v1.avsc")),
    ("file-name", "version nought", moved(EVENT, "sample/Sampled.v0.avsc")),
    ("namespace", "of another family", lambda f: f[EVENT].update(namespace="referral_exchange.other")),
    ("namespace", "none", lambda f: f[EVENT].pop("namespace")),
    ("namespace", "foreign nested type", lambda f: at(f, "colour")["type"].update(namespace="elsewhere")),
    ("tagged", "no tag", lambda f: at(f, "colour").pop("tag")),
    ("tagged", "unknown tag", lambda f: at(f, "colour").update(tag="private")),
    ("tagged", "nested without tag", lambda f: part_of(f)["fields"][0].pop("tag")),
    ("documented", "no doc of a field", lambda f: at(f, "colour").pop("doc")),
    ("documented", "blank doc of a field", lambda f: at(f, "colour").update(doc=" ")),
    ("documented", "nested without doc", lambda f: part_of(f)["fields"][1].pop("doc")),
    ("documented", "no doc of a record", lambda f: f[EVENT].pop("doc")),
    ("documented", "no doc of an enum", lambda f: at(f, "colour")["type"].pop("doc")),
    ("sealed-place", "in the event itself", lambda f: at(f, "count").update(tag="sealed")),
    ("sealed-place", "in a plain record", added(field("x", nested("X", field("y", "int", "sealed"))))),
    ("part-only-sealed", "routing in a plaintext", lambda f: at(f, "name", PART).update(tag="routing")),
    ("part-only-sealed", "public in a plaintext", lambda f: at(f, "name", PART).update(tag="public")),
    ("part-form", "plaintext on a topic", lambda f: part_of(f)["fields"].append(field("n", "int", "sealed"))),
    ("part-form", "text for bytes", lambda f: part_of(f)["fields"][0].update(type="string")),
    ("part-form", "under another name", lambda f: part_of(f).update(name="OtherPart")),
    ("part-form", "the event itself", lambda f: f[EVENT].update(sealed_part=True)),
    ("part-declared", "not declared a part", lambda f: f[PART].pop("sealed_part")),
    ("part-declared", "no class", lambda f: f[PART].pop("data_class")),
    ("part-declared", "unknown class", lambda f: f[PART].update(data_class="hobbies")),
    ("recursive", "by short name", added(field("x", ["null", "Sampled"], default=None))),
    ("recursive", "by full name", added(field("x", many("referral_exchange.sample.Sampled")))),
    ("recursive", "nested", added(field("x", nested("X", field("y", ["null", "X"], default=None))))),
    ("zero-byte-items", "null", added(field("x", many("null")))),
    ("zero-byte-items", "empty record", added(field("x", many(nested("X"))))),
    ("zero-byte-items", "nulls", added(field("x", many(nested("X", field("y", "null")))))),
    ("zero-byte-items", "map of null", added(field("x", {"type": "map", "values": "null"}))),
    ("zero-byte-items", "in a plaintext", added(field("x", many("null"), "sealed"), path=PART)),
    ("type-in-use", "map", added(field("x", {"type": "map", "values": "int"}))),
    ("type-in-use", "three branches", added(field("x", ["null", "int", "boolean"], default=None))),
    ("type-in-use", "union without null", added(field("x", ["int", "boolean"]))),
    ("type-in-use", "microseconds", added(field("x", {"type": "long", "logicalType": "timestamp-micros"}))),
    ("type-in-use", "by name", added(field("x", "Colour"))),
    ("enum-default", "no default", lambda f: at(f, "colour")["type"].pop("default")),
    ("enum-default", "another default", lambda f: at(f, "colour")["type"].update(default="red")),
    ("enum-default", "not first", lambda f: at(f, "colour")["type"].update(symbols=["red", "unspecified"])),
    ("optional-default", "none", lambda f: at(f, "count").pop("default")),
    ("optional-default", "nought", lambda f: at(f, "count").update(type=["int", "null"], default=0)),
    ("event-begins", "time first", lambda f: f[EVENT]["fields"].insert(0, f[EVENT]["fields"].pop(1))),
    ("event-begins", "id not first", lambda f: f[EVENT]["fields"].append(f[EVENT]["fields"].pop(0))),
    ("event-begins", "seconds", lambda f: at(f, "occurred_at").update(type="long")),
    ("clear-text", "routing text", added(field("note", "string"))),
    ("clear-text", "public text", added(field("note", "string", "public"))),
    ("clear-text", "optional text", added(field("note", ["null", "string"], default=None))),
    ("clear-text", "list of text", added(field("notes", many("string")))),
    ("clear-text", "nested text", added(field("x", nested("X", field("note", "string"))))),
    ("clear-text", "bytes", added(field("blob", "bytes"))),
    ("clear-text", "an id that is no uuid", added(field("referral_id", "string"))),
    ("clear-text", "a directory field elsewhere", added(field("region", "string"))),
    ("compatible", "required field added", second(added(field("size", "int")))),
    ("compatible", "required field dropped", second(lambda f: f[EVENT]["fields"].pop())),
    ("compatible", "type changed", second(lambda f: at(f, "count").update(type=["null", "long"]))),
    ("compatible", "made optional", second(optional_sender)),
    ("compatible", "enum renamed", second(lambda f: at(f, "colour")["type"].update(name="Hue"))),
    ("compatible", "logical type dropped", second(lambda f: at(f, "occurred_at").update(type="long"))),
    ("compatible", "tag changed", second(lambda f: at(f, "count").update(tag="routing"))),
    ("compatible", "nested field dropped", second(lambda f: part_of(f)["fields"].pop())),
    ("versions", "gap", lambda f: f.update({"sample/Sampled.v3.avsc": f[EVENT]})),
    ("versions", "no first", moved(EVENT, "sample/Sampled.v2.avsc")),
    ("name-once", "in two families", lambda f: f.update({"other/Sampled.v1.avsc": f[EVENT]})),
    ("nested-same", "another enum of that name", lambda f: f.update({"sample/Tried.v1.avsc": tried(f)})),
    ("topic-file", "none", lambda f: f.pop(TOPICS)),
    ("topic-form", "unknown key", text("kept =", "keep =")),
    ("topic-form", "unknown clean-up", text('"delete"', '"forget"')),
    ("topic-form", "unknown partitioning", text('partition_by = "key"', 'partition_by = "name"')),
    ("topic-form", "not TOML", text("partitions = 1", "partitions =")),
    ("topic-once", "twice", lambda f: f.update({"other/topic.toml": SPEC})),
    ("topic-lists-event", "not listed", text("Sampled =", "Tried =")),
    ("topic-own-events", "listed elsewhere", lambda f: f.update({"other/topic.toml": LISTED})),
    ("topic-exists", "unknown topic", text('["samples"]', '["sample"]')),
    ("topic-exists", "on no topic", text('["samples"]', "[]")),
    ("parts-on-topic", "a topic for parts", lambda f: f.update({"parts/topic.toml": LISTED})),
]  # fmt: skip


def tried(files: Files) -> dict[str, Any]:
    other: dict[str, Any] = deepcopy(files[EVENT]) | {"name": "Tried"}
    at({EVENT: other}, "colour")["type"]["symbols"].append("blue")
    return other


def written(files: Files, folder: Path) -> Path:
    for path, content in files.items():
        (folder / path).parent.mkdir(exist_ok=True)
        shown = content if isinstance(content, str) else json.dumps(content)
        (folder / path).write_text(shown, encoding="utf-8")
    return folder


def broken_rules(files: Files, folder: Path) -> set[str]:
    return {finding.fault.rule for finding in schema_lint.lint(written(files, folder))}


def test_the_committed_schemas_keep_every_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert schema_lint.main([]) == 0
    assert capsys.readouterr().out == "the schemas keep every rule\n"


def test_a_sound_contract_has_no_finding(tmp_path: Path) -> None:
    assert broken_rules(sound(), tmp_path) == set()


@pytest.mark.parametrize(("rule", "how", "change"), BROKEN, ids=[f"{rule}: {how}" for rule, how, _ in BROKEN])
def test_a_broken_rule_is_found(
    rule: str, how: str, change: Callable[[Files], object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = sound()
    change(files)
    assert rule in broken_rules(files, tmp_path)
    assert schema_lint.main([str(tmp_path)]) == 1
    line = next(line for line in capsys.readouterr().out.splitlines() if f": {rule}: " in line)
    assert (tmp_path / line.partition(":")[0]).parent.is_dir()


COMPATIBLE: list[tuple[str, Callable[[Files], object]]] = [
    ("nothing", lambda f: None),
    ("optional field added", added(field("size", ["null", "int"], default=None))),
    ("field with a default added", added(field("size", "int", default=0))),
    ("optional field dropped", lambda f: f[EVENT]["fields"].remove(at(f, "count"))),
    ("symbol added", lambda f: at(f, "colour")["type"]["symbols"].append("blue")),
    ("symbol dropped", lambda f: at(f, "colour")["type"]["symbols"].pop()),
    ("order changed", lambda f: f[EVENT]["fields"].append(f[EVENT]["fields"].pop(2))),
    ("words changed", lambda f: f[EVENT].update(doc="Other words.")),
]


@pytest.mark.parametrize(("how", "change"), COMPATIBLE, ids=[how for how, _ in COMPATIBLE])
def test_a_compatible_second_version_has_no_finding(
    how: str, change: Callable[[Files], object], tmp_path: Path
) -> None:
    files = sound()
    second(change)(files)
    assert broken_rules(files, tmp_path) == set()


def test_every_rule_has_a_broken_schema_here() -> None:
    sources = (
        Path(str(m.__file__)).read_text(encoding="utf-8") for m in (schema_lint, schema_rules, topic_rules)
    )
    rules = {rule for source in sources for rule in re.findall(r'Fault\(\s*"([a-z-]+)"', source)}
    assert rules == {rule for rule, _, _ in BROKEN}


def clear_fields() -> Iterator[str]:
    for schema in committed().values():
        for _, kind in schema_rules.kinds(schema.declared, ""):
            if isinstance(kind, dict) and kind["type"] == "record":
                yield from (
                    name for f in kind["fields"] for name in (f["name"], f"{kind['name']}.{f['name']}")
                )


def test_the_list_of_texts_in_clear_names_only_fields_that_exist() -> None:
    assert set(clear_fields()) >= schema_rules.CLEAR_TEXT
