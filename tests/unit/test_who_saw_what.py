"""The search behind the table *who could see what*: it must find a detail however it is disguised."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange_command.demo.stories import load_stories
from exchange_command.demo.who_saw_what import NOTHING, SAW, STORED, TOLD, Party, look

FARM = load_stories()["farm"]
NAME = FARM.disclosed["identity"]["chosen_name"]


def test_every_story_has_details_that_no_other_story_shares() -> None:
    details = [detail for story in load_stories().values() for _, detail in story.details()]
    assert len(details) >= 3 * 2
    assert len(set(details)) == len(details)


@pytest.mark.parametrize("disguise", [str.encode, lambda t: t.encode().hex().encode()])
def test_a_detail_on_disk_is_found(disguise) -> None:
    assert _cell(Party("ledger", b"", b"before" + disguise(NAME) + b"after")) == STORED


@given(before=st.binary(max_size=9), after=st.binary(max_size=9))
def test_a_detail_inside_base64_is_found_at_every_alignment(before: bytes, after: bytes) -> None:
    kept = base64.b64encode(before + NAME.encode() + after)
    assert _cell(Party("broker", b"", kept)) == STORED


def test_what_a_screen_showed_is_told_apart_from_what_a_disk_holds() -> None:
    assert _cell(Party("recipient", NAME.encode(), b"")) == SAW


def test_the_one_who_was_told_is_named_so() -> None:
    assert _cell(Party("sender", b"", b"")) == TOLD


def test_noise_holds_nothing() -> None:
    assert _cell(Party("broker", b"", bytes(range(256)) * 64)) == NOTHING


def _cell(party: Party) -> str:
    rows = look([FARM], [party], {"farm": "sender"})
    return next(row.by_party[party.title] for row in rows if row.what == "the name")
