"""The codes that exist, and that every service means the same ones."""

import json

import pytest

from referral_exchange import vocabulary
from referral_exchange.catalog import committed
from referral_exchange.contract_files import SCHEMAS
from referral_exchange.events import routing, service_status


@pytest.mark.parametrize("path", sorted((SCHEMAS / "vocabulary").glob("*.json")), ids=lambda p: p.stem)
def test_every_vocabulary_says_where_it_comes_from(path) -> None:  # type: ignore[no-untyped-def]
    assert json.loads(path.read_text(encoding="utf-8"))["source"]


def test_every_sealed_part_is_of_a_known_class() -> None:
    classes = {schema.declared["data_class"] for schema in committed().values() if schema.family == "parts"}
    assert classes <= vocabulary.data_classes().keys()


def test_states_on_the_wire_are_the_states_of_the_vocabulary() -> None:
    wire = {vocabulary.as_shown(symbol) for symbol in routing.ReferralState.__args__}  # type: ignore[attr-defined]
    assert wire - {"unspecified", "consented"} <= vocabulary.referral_states().keys()
    subs = {sub for state in vocabulary.referral_states() for sub in vocabulary.sub_states(state)}
    told = {vocabulary.as_shown(s) for s in service_status.ServiceSubState.__args__}  # type: ignore[attr-defined]
    assert told - {"unspecified", "none"} <= subs


def test_details_exist_for_the_states_that_need_one_and_for_no_other() -> None:
    assert all(vocabulary.status_details(state) for state in ("on-hold", "failed", "completed"))
    assert vocabulary.status_details("accepted") == {}
    assert vocabulary.status_details("source") == {}


def test_wire_and_shown_forms_are_each_others_inverse() -> None:
    for state in vocabulary.referral_states():
        assert vocabulary.as_shown(vocabulary.on_the_wire(state)) == state
