"""The form that hands over: safe contact first, then the name, then only what is needed."""

import json
import re

from ngo_bridge.pages.form import Form
from ngo_bridge.pages.page_command import PageCommand
from ngo_bridge.pages.words import words
from ngo_bridge.rules import handed_over
from participant_edge.commands import PartRecord
from participant_edge.views import ReferralView
from referral_exchange import events, vocabulary
from referral_exchange.pages.words import OFFERED_LANGUAGES

_BESIDE_THE_NAME = {
    "pronouns": "disclose_pronouns",
    "legal_name": "disclose_legal",
    "birth_date": "disclose_birth",
}
_DATE = re.compile(r"(19|20)\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


COVERS_FIELD = "covers"
"""Hidden field: the classes whose inputs the page showed. Policy, not this field, decides what may leave."""


def read_disclosure(form: Form, view: ReferralView) -> PageCommand | None:
    """The parts to send, safe contact first. Blames what is missing."""
    found = {read.__name__: read(form) for read in (_identity, _location, _immigration)}
    if not any(found.values()) and not handed_over(view):
        form.blame("chosen_name", "nothing")
    contact = _safe_contact(form) if form.has(COVERS_FIELD, "safe-contact") else None
    if not form.has("asked", "yes"):
        form.blame("asked", "asked")
    parts = [part for part in (contact, *found.values()) if part]
    if form.faults or not parts:
        return None
    said = json.dumps([part.to_datum() for part in parts])
    return PageCommand(said, lambda edge, i: edge.disclose(view.referral_id, parts, i))


def _safe_contact(form: Form) -> PartRecord:
    t = words()["referral"]
    if form.value("may_contact") != "yes":
        if form.value("value") or form.value("method"):
            form.blame("may_contact", "no_contact")
        return events.SafeContact(may_contact=False, voicemail=False)
    method, value = form.value("method"), form.text("value", t["disclose_value"])
    if method not in vocabulary.contact_methods():
        form.blame("method", "method")
    elif value is None and method != "through-sender":
        form.blame("value", "value")
    language = form.value("contact_language")
    return events.SafeContact(
        may_contact=True,
        method=method,
        value=value,
        window=form.text("window", t["disclose_window"]),
        language=language if language in OFFERED_LANGUAGES else None,
        pretext=form.text("pretext", t["disclose_pretext"]),
        voicemail=form.value("voicemail") == "yes",
    )


def _identity(form: Form) -> PartRecord | None:
    t = words()["referral"]
    more = {name: form.text(name, t[label]) for name, label in _BESIDE_THE_NAME.items()}
    chosen = form.text("chosen_name", t["disclose_chosen"], required=any(more.values()))
    if more["birth_date"] and not _DATE.fullmatch(more["birth_date"]):
        form.blame("birth_date", "date", label=t["disclose_birth"])
    return events.Identity(chosen_name=chosen, **more) if chosen else None


def _location(form: Form) -> PartRecord | None:
    place = form.text("place", words()["referral"]["disclose_place"])
    return events.Location(place=place) if place else None


def _immigration(form: Form) -> PartRecord | None:
    note = form.text("note", words()["referral"]["disclose_note"])
    return events.Immigration(note=note) if note else None
