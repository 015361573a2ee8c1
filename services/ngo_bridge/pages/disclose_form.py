"""The form that hands over: safe contact first, then the name, then only what is needed and was agreed to."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from ngo_bridge.pages.contact_form import contact_lists, read_contact
from ngo_bridge.pages.form import Form
from ngo_bridge.pages.page_command import PageCommand
from ngo_bridge.pages.screening_form import BANDS, TOOLS
from ngo_bridge.pages.words import words
from ngo_bridge.rules import handed_over
from participant_edge.commands import PartRecord
from participant_edge.views import ReferralView
from referral_exchange import events, vocabulary

NOTES: Mapping[str, Callable[..., PartRecord]] = {
    "health": events.Health,
    "mental-health": events.MentalHealth,
    "substance-use": lambda note: events.SubstanceUse(note=note, redisclosure_notice=False),
    "immigration": events.Immigration,
    "legal": events.Legal,
    "criminal-legal": events.CriminalLegal,
    "employment": events.Employment,
    "finances": events.Finances,
    "education": events.Education,
    "orientation-gender": events.OrientationGender,
}
"""Classes that are one short note. Where 42 CFR Part 2 binds, the edge adds notice and consent by itself."""

_BESIDE_THE_NAME = {
    "pronouns": "disclose_pronouns",
    "legal_name": "disclose_legal",
    "birth_date": "disclose_birth",
}
_DATE = re.compile(r"(19|20)\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")

COVERS_FIELD = "covers"
"""Hidden field: the classes whose inputs the page showed. Policy, not this field, decides what may leave."""


def note_field(data_class: str) -> str:
    """The input of a class that is one note."""
    return f"note_{data_class}"


def disclose_lists() -> dict[str, Any]:
    """What the form asks for, and value and label of what can be chosen."""
    t = words()
    return {
        "notes": [(note_field(each), t["data_classes"][each], each) for each in NOTES],
        "access": [(code, t["access"][code]) for code in vocabulary.access_needs()],
        "ages": [(code, t["age_bands"][code]) for code in vocabulary.age_bands()],
        "tools": [(each, t["screening_tools"][each]) for each in TOOLS],
        "bands": [(each, t["result_bands"][each]) for each in BANDS],
        **contact_lists(),
    }


def read_disclosure(form: Form, view: ReferralView) -> PageCommand | None:
    """The parts to send, safe contact first. Blames what is missing."""
    found = [read(form) for read in (_identity, _contact, _location, _access, _family, _tribal)]
    found += [_note(form, data_class) for data_class in NOTES]
    if not any(found) and not handed_over(view):
        form.blame("chosen_name", "nothing")
    safe = read_contact(form) if form.has(COVERS_FIELD, "safe-contact") else None
    if not form.has("asked", "yes"):
        form.blame("asked", "asked")
    parts = [part for part in (safe, *found) if part]
    if form.faults or not parts:
        return None
    authorised = form.has("address_authorised", "yes")
    said = json.dumps([*([True] if authorised else []), *(part.to_datum() for part in parts)])
    return PageCommand(
        said,
        lambda edge, i: edge.disclose(view.referral_id, parts, i, address_authorised=authorised),
    )


def _identity(form: Form) -> PartRecord | None:
    t = words()["referral"]
    more = {name: form.text(name, t[label]) for name, label in _BESIDE_THE_NAME.items()}
    chosen = form.text("chosen_name", t["disclose_chosen"], required=any(more.values()))
    if more["birth_date"] and not _DATE.fullmatch(more["birth_date"]):
        form.blame("birth_date", "date", label=t["disclose_birth"])
    return events.Identity(chosen_name=chosen, **more) if chosen else None


def _contact(form: Form) -> PartRecord | None:
    t = words()["parts"]
    found = {name: form.text(f"contact_{name}", t[name]) for name in ("phone", "email", "messenger")}
    return events.Contact(**found) if any(found.values()) else None


def _location(form: Form) -> PartRecord | None:
    place = form.text("place", words()["referral"]["disclose_place"])
    return events.Location(place=place) if place else None


def _access(form: Form) -> PartRecord | None:
    needs = form.choices("access_needs", list(vocabulary.access_needs()))
    note = form.text("access_note", words()["parts"]["note"])
    return events.Access(needs=needs, note=note) if needs or note else None


def _family(form: Form) -> PartRecord | None:
    """How many of each age; a note alone counts nobody."""
    t, ages = words(), []
    for band in vocabulary.age_bands():
        if form.value(f"family_{band}"):
            label = f"{t['referral']['disclose_family']} {t['age_bands'][band]}"
            ages += [band] * form.number(f"family_{band}", label, 0, 20)
    note = form.text("family_note", t["parts"]["note"])
    return events.Family(members=len(ages), age_bands=ages, note=note) if ages or note else None


def _tribal(form: Form) -> PartRecord | None:
    t = words()["parts"]
    membership = form.text("membership", t["membership"])
    nation = form.text("nation", t["nation"], required=membership is not None)
    return events.Tribal(nation=nation, membership=membership) if nation else None


def _note(form: Form, data_class: str) -> PartRecord | None:
    note = form.text(note_field(data_class), words()["data_classes"][data_class])
    return NOTES[data_class](note=note) if note else None
