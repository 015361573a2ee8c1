"""The codes that the exchange knows, from `schemas/vocabulary/`; what is not listed there is denied."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from referral_exchange.contract_files import SCHEMAS

Codes = Mapping[str, str]
"""What a code means, by code."""


def data_classes() -> Codes:
    """Kinds of data a consent can cover."""
    return _codes("data_classes")


def purposes() -> Codes:
    """Why data may be disclosed."""
    return _codes("purposes")


def funding_streams() -> Codes:
    """Laws and grants that bind a programme."""
    return _codes("funding_streams")


def answer_reasons() -> Codes:
    """Why a programme answered as it did."""
    return _codes("answer_reasons")


def service_categories() -> Codes:
    """Services a programme offers or a person needs (NIEM 6.0 ServiceCategoryCode)."""
    return _codes("service_categories")


def access_needs() -> Codes:
    """What a person needs to be able to use a service."""
    return _codes("access_needs")


def age_bands() -> Codes:
    """Age, as coarse as it travels."""
    return _codes("age_bands")


def contact_methods() -> Codes:
    """How a person may be reached."""
    return _codes("contact_methods")


def handover_introductions() -> Codes:
    """How a person and the one who takes over are made known to each other."""
    return _codes("handover_introductions")


def handover_roles() -> Codes:
    """What the one who takes over does."""
    return _codes("handover_roles")


def referral_states() -> Codes:
    """States of a referral, as FHIR Task writes them (with hyphens)."""
    return _codes("referral_states")


def sub_states(state: str) -> tuple[str, ...]:
    """Sub-states that `state` may have, as BSeR writes them."""
    return tuple(_file("referral_states")["sub_states"].get(state, ()))


def status_details(state: str) -> Codes:
    """Reasons (`on-hold`, `failed`) or outcomes (`completed`) that a service status may carry, sealed."""
    codes: Codes = _file("status_details").get(state, {}) if state != "source" else {}
    return codes


def on_the_wire(code: str) -> str:
    """A state as Avro enums write it: underscores for hyphens."""
    return code.replace("-", "_")


def as_shown(symbol: str) -> str:
    """An Avro enum symbol as JSON interfaces write it: hyphens for underscores."""
    return symbol.replace("_", "-")


def _codes(name: str) -> Codes:
    codes: Codes = _file(name)["codes"]
    return codes


@cache
def _file(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SCHEMAS / "vocabulary" / f"{name}.json").read_text(encoding="utf-8"))
    return loaded
