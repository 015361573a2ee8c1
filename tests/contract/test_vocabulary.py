"""Enums and vocabulary say the same, and a code comes back from the wire as it was."""

from typing import Any

import pytest

from referral_exchange import vocabulary
from referral_exchange.catalog import committed
from referral_exchange.schema_rules import PLAINTEXTS, kinds


def symbols(record: str, enum: str) -> set[str]:
    found: Any = next(
        kind
        for _, kind in kinds(committed()[record].declared, "")
        if isinstance(kind, dict) and kind.get("name") == enum
    )
    return set(found["symbols"]) - {"unspecified"}


def wire(codes: Any) -> set[str]:
    return {vocabulary.on_the_wire(code) for code in codes}


def test_the_referrals_states_are_those_of_fhir() -> None:
    states = wire(vocabulary.referral_states())
    # A draft never leaves its edge; the router knows some referrals by their consent only.
    assert symbols("ReferralRecord.v1", "ReferralState") == states - {"draft"} | {"consented"}
    assert symbols("ServiceStatusChanged.v1", "ServiceState") <= states
    assert symbols("ReferralCancelled.v1", "Cancellation") <= states


def test_the_sub_states_are_those_of_bser() -> None:
    in_progress = wire(vocabulary.sub_states("in-progress"))
    assert symbols("ServiceStatusChanged.v1", "ServiceSubState") == in_progress


def test_every_part_is_of_a_class_that_a_consent_can_name() -> None:
    parts = [schema.declared for schema in committed().values() if schema.family in PLAINTEXTS]
    assert {part["data_class"] for part in parts} <= set(vocabulary.data_classes())


@pytest.mark.parametrize(
    "codes", [vocabulary.referral_states, vocabulary.answer_reasons, vocabulary.data_classes]
)
def test_a_code_comes_back_from_the_wire_as_it_was(codes: Any) -> None:
    for code in codes():
        assert vocabulary.as_shown(vocabulary.on_the_wire(code)) == code
        assert "_" not in code
