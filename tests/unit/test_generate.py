"""Generated classes are current, and a second version of a record reads what the first wrote."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from referral_exchange import events, generate
from referral_exchange.catalog import Catalog, load_catalog
from referral_exchange.codec import Codec, Unencodable
from referral_exchange.contract_files import SCHEMAS

SHADE = {"type": "record", "name": "Shade", "doc": "A shade.", "fields": [{"name": "depth", "type": "int"}]}
COLOUR = {"type": "enum", "name": "Colour", "symbols": ["unspecified", "red"], "default": "unspecified"}


def colour(*more: str) -> dict[str, Any]:
    return {"name": "colour", "type": {**COLOUR, "symbols": [*COLOUR["symbols"], *more]}}


def contract(folder: Path, *versions: list[dict[str, Any]]) -> Catalog:
    """A family with one record, a version for each list of fields."""
    (folder / "sample").mkdir()
    for number, fields in enumerate(versions, start=1):
        declared = {
            "type": "record",
            "name": "Sampled",
            "namespace": "referral_exchange.sample",
            "doc": "A sample.",
        }
        text = json.dumps({**declared, "fields": fields})
        (folder / f"sample/Sampled.v{number}.avsc").write_text(text, encoding="utf-8")
    return load_catalog(folder)


def imported(catalog: Catalog, folder: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The generated module of the family, with its record known to the codec."""
    path = folder / "generated_sample.py"
    path.write_text(generate.render(catalog)["sample"], encoding="utf-8")
    spec = importlib.util.spec_from_file_location("generated_sample", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "generated_sample", module)
    spec.loader.exec_module(module)
    monkeypatch.setitem(events.BY_RECORD, module.Sampled.RECORD, module.Sampled)
    return module


def test_the_committed_classes_are_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--check"]) == 0
    assert capsys.readouterr().out == "generated classes are current\n"


def test_a_changed_schema_makes_the_check_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    catalog = {key: schema for key, schema in load_catalog(SCHEMAS).items() if schema.family != "upkeep"}
    monkeypatch.setattr(generate, "load_catalog", lambda: catalog)
    assert generate.main(["--check"]) == 1
    assert capsys.readouterr().out == "stale: __init__.py, upkeep.py; run `make generate`\n"


def test_an_older_version_is_read_as_the_newest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = {"name": "size", "type": ["null", "int"], "default": None}
    catalog = contract(tmp_path, [colour("blue")], [colour(), size])
    newest = imported(catalog, tmp_path, monkeypatch)
    first = imported({"Sampled.v1": catalog["Sampled.v1"]}, tmp_path, monkeypatch)
    codec = Codec(catalog, {"Sampled.v1": 1, "Sampled.v2": 2})

    written = codec.encode(first.Sampled(colour="red"))
    read: Any = codec.decode(written, "Sampled.v1")
    assert read.to_datum() == newest.Sampled(colour="red").to_datum()
    assert read.RECORD == "Sampled.v2"

    unknown_by_now: Any = codec.decode(codec.encode(first.Sampled(colour="blue")), "Sampled.v1")
    assert unknown_by_now.colour == "unspecified"


def test_records_within_a_record_become_classes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = {"name": "many", "type": {"type": "array", "items": {**SHADE, "name": "Tone"}}}
    one = {"name": "one", "type": {**SHADE, "name": "Hue"}}
    perhaps = {"name": "perhaps", "type": ["null", SHADE], "default": None}
    catalog = contract(tmp_path, [many, one, perhaps])
    made = imported(catalog, tmp_path, monkeypatch)
    codec = Codec(catalog, {"Sampled.v1": 1})
    for held in (None, made.Shade(depth=3)):
        event = made.Sampled(many=[made.Tone(depth=1)], one=made.Hue(depth=2), perhaps=held)
        assert codec.decode(codec.encode(event), "Sampled.v1") == event
    with pytest.raises(Unencodable, match="not-of-schema"):
        codec.encode(made.Sampled(many=[7], one=made.Hue(depth=2)))
