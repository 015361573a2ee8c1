"""What the law wants nowhere is in no schema: no cooperation, no subject in a report, no place listed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from referral_exchange import vocabulary
from referral_exchange.contract_files import SCHEMAS

ALL = sorted(SCHEMAS.glob("*/*.avsc"))


def names(declared: Any) -> Iterator[str]:
    """Every name of a field or a symbol."""
    if isinstance(declared, dict):
        if "name" in declared and "type" in declared:
            yield declared["name"]
        yield from declared.get("symbols", ())
        for value in declared.values():
            yield from names(value)
    elif isinstance(declared, list):
        for each in declared:
            yield from names(each)


def names_in(path: Path) -> set[str]:
    return {name.lower() for name in names(json.loads(path.read_text(encoding="utf-8")))}


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
def test_no_field_and_no_code_is_for_cooperation(path: Path) -> None:
    """22 USC 7105(b)(1) and (c)(3): help hangs on no cooperation, so nothing here asks for it."""
    assert not [name for name in names_in(path) if "cooperat" in name or "testimony" in name]


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("reports/*.avsc")), ids=lambda path: path.name)
def test_a_report_has_no_field_for_a_person(path: Path) -> None:
    """34 USC 12291(b)(2), 28 CFR 94.115, 42 USC 10406(c)(5)."""
    subject = {"subject_token", "referral_id", "consent_id", "parts", "identity", "client", "person"}
    assert not names_in(path) & subject


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("directory/*.avsc")), ids=lambda path: path.name)
def test_a_listing_has_no_field_for_a_place(path: Path) -> None:
    """42 USC 10406(c)(5): the address of a shelter is in no event without its operator's word."""
    place = {"address", "street", "phone", "telephone", "email", "latitude", "longitude", "coordinates"}
    assert not names_in(path) & place


def test_no_purpose_serves_an_investigation_or_an_adverse_determination() -> None:
    """42 CFR 2.12(d), 8 USC 1367(a)(1)."""
    assert set(vocabulary.purposes()) == {"services", "care-coordination", "eligibility"}


def test_names_are_found_wherever_they_stand() -> None:
    nested = {"name": "r", "type": "record", "fields": [{"name": "cooperates", "type": "boolean"}]}
    assert "cooperates" in set(names({"fields": [{"name": "x", "type": ["null", nested]}]}))
