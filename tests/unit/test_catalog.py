"""The catalogue takes a schema only under its own name, and the check built from it is exact."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from referral_exchange.catalog import committed, load_catalog, newest
from referral_exchange.contract_files import SCHEMAS
from referral_exchange.shape import BAD_UUID, WRONG, checker


def test_the_committed_set_is_known_by_record_and_version() -> None:
    schema = committed()["ReferralOffered.v1"]
    assert (schema.family, schema.record, schema.version) == ("referral", "ReferralOffered", 1)
    assert schema.subject == "referral_exchange.referral.ReferralOffered"
    assert newest(committed())["ReferralOffered"] is schema


def test_the_newest_version_counts_as_a_number(tmp_path: Path) -> None:
    (tmp_path / "consent").mkdir()
    for version in (1, 2, 10, 9):
        shutil.copy(
            SCHEMAS / "consent/ConsentGiven.v1.avsc", tmp_path / f"consent/ConsentGiven.v{version}.avsc"
        )
    assert newest(load_catalog(tmp_path))["ConsentGiven"].version == 10


@pytest.mark.parametrize("name", ["ConsentGone.v1.avsc", "ConsentGiven.avsc", "ConsentGiven.v0.avsc"])
def test_a_file_under_another_name_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "consent").mkdir()
    shutil.copy(SCHEMAS / "consent/ConsentGiven.v1.avsc", tmp_path / "consent" / name)
    with pytest.raises(ValueError, match=name):
        load_catalog(tmp_path)


def test_a_record_in_two_families_is_refused(tmp_path: Path) -> None:
    for family in ("consent", "other"):
        (tmp_path / family).mkdir()
        shutil.copy(SCHEMAS / "consent/ConsentGiven.v1.avsc", tmp_path / family)
    with pytest.raises(ValueError, match="in consent and in other"):
        load_catalog(tmp_path)


UUID = {"type": "string", "logicalType": "uuid"}
ENUM = {"type": "enum", "name": "E", "symbols": ["unspecified", "red"]}
RECORD = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]}


@pytest.mark.parametrize(
    ("kind", "value", "fault"),
    [
        ("null", None, None),
        ("null", 0, WRONG),
        ("boolean", True, None),
        ("boolean", 1, WRONG),
        ("int", 2**31 - 1, None),
        ("int", 2**31, WRONG),
        ("int", -(2**31), None),
        ("int", True, WRONG),
        ("long", 2**63, WRONG),
        ("double", 1.5, None),
        ("double", 1, WRONG),
        ("string", b"x", WRONG),
        ("bytes", bytearray(b"x"), WRONG),
        (UUID, "00000000-0000-4000-8000-000000000001", None),
        (UUID, "00000000-0000-4000-8000-00000000000A", BAD_UUID),
        (UUID, "{00000000-0000-4000-8000-000000000001}", BAD_UUID),
        (UUID, None, WRONG),
        (["null", UUID], None, None),
        (["null", UUID], "", BAD_UUID),
        (ENUM, "red", None),
        (ENUM, "blue", WRONG),
        ({"type": "array", "items": ENUM}, ["red", "blue"], WRONG),
        ({"type": "array", "items": "string"}, "red", WRONG),
        (RECORD, {"a": 1}, None),
        (RECORD, {"a": 1, "b": 1}, WRONG),
        (RECORD, {}, WRONG),
        (RECORD, [("a", 1)], WRONG),
    ],
)
def test_a_value_fits_its_type_exactly_or_has_a_fault(kind: Any, value: object, fault: str | None) -> None:
    assert checker(kind)(value) == fault


@pytest.mark.parametrize(
    "kind", ["float", {"type": "map", "values": "int"}, ["null", "int", "string"], "Node"]
)
def test_a_type_that_is_not_in_use_is_refused(kind: Any) -> None:
    with pytest.raises(ValueError, match="in this contract"):
        checker(kind)


def test_a_schema_is_kept_as_committed() -> None:
    text = (SCHEMAS / "consent/ConsentGiven.v1.avsc").read_text(encoding="utf-8")
    assert committed()["ConsentGiven.v1"].text == text
    assert committed()["ConsentGiven.v1"].declared == json.loads(text)
