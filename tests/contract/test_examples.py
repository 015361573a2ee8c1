"""Every example that should pass does, unchanged; every one that should fail is refused for its one fault."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from referral_exchange.catalog import RecordSchema, committed, newest
from referral_exchange.codec import Unencodable, read_body, write_datum
from referral_exchange.contract_files import SCHEMAS
from referral_exchange.examples import datum_of, json_of

NAME = re.compile(r"(?P<key>[A-Z]\w+\.v\d+)\.(?P<name>[a-z0-9-]+)\.(?P<verdict>pass|fail)\.json")
UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def examples(verdict: str) -> list[Path]:
    return sorted(SCHEMAS.glob(f"*/examples/*.{verdict}.json"))


def named(path: Path) -> str:
    return path.name.removesuffix(".json")


def schema_of(path: Path) -> RecordSchema:
    match = NAME.fullmatch(path.name)
    assert match, f"{path.name}: name it Record.vN.what-it-shows.pass.json or .fail.json"
    schema = committed()[match["key"]]
    assert path.parents[1].name == schema.family
    return schema


def loaded(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def as_text(value: dict[str, Any]) -> dict[str, str]:
    """Each field as JSON text: in Python alone 0 equals False."""
    return {name: json.dumps(field) for name, field in value.items()}


@pytest.mark.parametrize("path", examples("pass"), ids=named)
def test_a_pass_example_encodes_and_decodes_to_itself(path: Path) -> None:
    schema = schema_of(path)
    datum = datum_of(schema, loaded(path))
    event = read_body(schema, newest(committed())[schema.record], write_datum(schema, datum))
    assert event.to_datum().items() >= datum.items()
    shown = json_of(event)
    assert datum_of(schema, {name: shown[name] for name in datum}) == datum
    assert shown.items() >= loaded(path).items()


@pytest.mark.parametrize("path", examples("fail"), ids=named)
def test_a_fail_example_is_refused_without_saying_its_values(path: Path) -> None:
    schema = schema_of(path)
    with pytest.raises(Unencodable) as refusal:
        write_datum(schema, datum_of(schema, loaded(path)))
    code = "bad-uuid" if ".bad-uuid" in path.name else "not-of-schema"
    assert str(refusal.value) == f"{schema.key}: {code}"
    assert refusal.value.__cause__ is None


@pytest.mark.parametrize("path", examples("fail"), ids=named)
def test_a_fail_example_has_exactly_one_fault(path: Path) -> None:
    key = schema_of(path).key
    broken = as_text(loaded(path))
    sound = [as_text(loaded(p)) for p in path.parent.glob(f"{key}.*.pass.json")]
    differing = [[n for n in broken.keys() | s.keys() if broken.get(n) != s.get(n)] for s in sound]
    assert 1 in map(len, differing), "it should differ from a pass example in one field"


@pytest.mark.parametrize("key", committed())
def test_every_record_has_a_pass_and_a_fail_example(key: str) -> None:
    folder = SCHEMAS / committed()[key].family / "examples"
    assert list(folder.glob(f"{key}.*.pass.json"))
    assert list(folder.glob(f"{key}.*.fail.json"))


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*/examples/*")), ids=named)
def test_an_example_is_plainly_a_sample(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert NAME.fullmatch(path.name)
    if ".bad-uuid" not in path.name:
        assert all(found.startswith("00000000-0000-4000-8000-") for found in UUID.findall(text))
    assert all(phone.startswith("555-01") for phone in re.findall(r'"(\d{3}-\d{4})"', text))
