"""Exactly what leaves, to one recipient: each field by its name, before and after an acceptance."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ngo_bridge.pages.code_labels import listing, opened_value, part_label, spoken
from ngo_bridge.pages.consent_classes import LATER_CLASSES
from ngo_bridge.pages.offer_needs import Asked
from ngo_bridge.pages.words import words
from participant_edge.commands import OpenRecord
from referral_exchange.pages.words import duration, fill

Line = tuple[str, str]
"""The name of a field, and what it says."""


@dataclass(frozen=True, slots=True, repr=False)
class ClassOfParts:
    """One class that may leave later, and its fields in words. `typed`: what is known of it now."""

    label: str
    fields: str
    typed: tuple[Line, ...] = ()


def now_lines(asked: Asked) -> list[Line]:
    """The fields of an offer, as the recipient reads them."""
    t, needs = words(), asked.needs
    found = [
        (t["parts"]["services"], listing(needs.services, t["services"])),
        (t["parts"]["languages"], spoken(needs.languages)),
        (t["parts"]["region"], needs.region),
        (t["parts"]["age_band"], t["age_bands"][needs.age_band]),
        (t["parts"]["household_size"], _people(needs.household_size)),
    ]
    if needs.access:
        found.append((t["parts"]["access"], listing(needs.access, t["access"])))
    found.append((t["referral"]["how_soon"], t["urgencies"][asked.urgency]))
    if asked.wait is not None:
        found.append((t["leaves"]["answer_in"], _hours(asked.wait)))
    return found


def later(classes: Iterable[str], asked: Asked) -> Iterator[ClassOfParts]:
    """What `classes` hold, in the order in which it would go."""
    labels, fields = words()["offer"], words()["class_fields"]
    chosen = set(classes)
    for each in LATER_CLASSES:
        if each in chosen:
            typed = tuple(record_lines(asked.contact)) if each == "safe-contact" else ()
            yield ClassOfParts(labels[f"class_{each}"], fields[each], typed)


def record_lines(record: OpenRecord) -> Iterator[Line]:
    """Every field of a part that says something."""
    said: Mapping[str, Any] = record.to_datum()
    for name, value in said.items():
        if value is not None and value != []:
            yield part_label(name), opened_value(name, value)


def _people(count: int) -> str:
    t = words()["offer"]
    return str(t["people_one"] if count == 1 else fill(t["people"], count=count))


def _hours(wait: timedelta) -> str:
    return duration(int(wait.total_seconds() // 3600), "hour")
