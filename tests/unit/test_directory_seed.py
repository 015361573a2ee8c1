"""Seeding enrols; it never undoes what the directory took in since."""

from dataclasses import replace
from typing import Any

import pytest
from directory_kit import listed_programme

from exchange_command.directory_seed import _enrolled, _holds
from referral_exchange.directory import Directory
from referral_exchange.events import ProgrammeListed


def held(**changed: Any) -> Directory:
    directory = Directory()
    directory.apply(listed_programme(**changed))
    return directory


def seeded(directory: Directory, **changed: Any) -> tuple[ProgrammeListed, bool]:
    """What the seeding would list, and whether it stands so already."""
    made = _enrolled(directory, listed_programme(**changed))
    assert isinstance(made, ProgrammeListed)
    return made, _holds(directory, made)


@pytest.mark.parametrize(
    "changed",
    [
        {"services": ["Legal Services"]},
        {"languages": ["tl"]},
        {"region": "South Fields"},
        {"age_bands": ["minor"]},
        {"access": ["relay"]},
        {"confidential": True, "name": "Quiet door"},
    ],
)
def test_what_was_imported_stays(changed: dict[str, Any]) -> None:
    assert seeded(held(**changed))[1]


def test_a_key_that_replaced_the_first_stays() -> None:
    rotated = {"signing_key": bytes(32), "key_id": "2", "previous_key_id": "1"}
    assert seeded(held(**rotated))[1]


@pytest.mark.parametrize(
    "changed",
    [{"role": "enforcement"}, {"funding_streams": []}, {"signing_key": bytes(32)}, {"name": "Other"}],
)
def test_what_enrolment_decides_is_listed_anew(changed: dict[str, Any]) -> None:
    made, stands = seeded(held(), **changed)
    assert not stands
    assert replace(made, **{name: getattr(listed_programme(), name) for name in changed}).services


def test_what_is_not_listed_is_listed_as_the_file_says() -> None:
    made, stands = seeded(Directory(), services=["Safety Planning"])
    assert (made.services, stands) == (["Safety Planning"], False)
