"""A person between FHIR's Patient and the sealed parts of the exchange. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from fhir_health import codes
from fhir_health.elements import (
    SECURITY,
    Resource,
    extended,
    extension,
    filled,
    identifier,
    instant,
    replaced,
)
from participant_edge.commands import OpenRecord
from participant_edge.kit.mistakes import Mistake
from referral_exchange import events, vocabulary

ANONYMOUS: Resource = {"resourceType": "Patient", "id": "person", "active": True}
"""Whom an offer is about: contained in its Task, nothing known."""

_TELECOM = {"phone": "phone", "text": "sms", "e-mail": "email"}
OWN_ELEMENTS = (events.Identity, events.SafeContact, events.Contact)
"""Parts that have elements of their own on Patient."""


def new_patient(person_id: str, records: Iterable[OpenRecord], at: datetime) -> Resource:
    """A Patient that holds these parts. `person_id` derives from the referral: its create's condition."""
    bare: Resource = {
        "resourceType": "Patient",
        "meta": {"security": SECURITY},
        "identifier": [identifier(codes.EFFECTS, person_id)],
        "active": True,
    }
    return with_parts(bare, records, at)


def with_parts(patient: Mapping[str, Any], records: Iterable[OpenRecord], at: datetime) -> Resource:
    """The Patient with these parts in place of what it had of the same kinds; all else stays.

    `at`: when they were told. A safe contact told later stays: its change overtakes what was said before.
    """
    held: Resource = dict(patient)
    for record in records:
        match record:
            case events.Identity():
                held |= _identity(held, record)
            case events.SafeContact():
                held |= _safe_contact(held, record, at)
            case events.Contact():
                held |= {"telecom": _telecom(held, _ways(record), "work")}
    return filled(held)


def identity_of(patient: Mapping[str, Any]) -> events.Identity:
    """What the provider's Patient says of who it is. Raises Mistake where it has no name."""
    names = {each.get("use", "usual"): _whole(each) for each in patient.get("name", ())}
    chosen = names.get("usual") or names.get("nickname") or names.get("official")
    if not chosen:
        raise Mistake("missing", "Patient.name", "add the name to use, with use `usual`")
    told: Mapping[str, Any] = next(
        (e for e in patient.get("extension", ()) if e.get("url") == codes.PRONOUNS), {}
    )
    return events.Identity(
        chosen_name=chosen, pronouns=told.get("valueString"), birth_date=patient.get("birthDate")
    )


def safe_contact_of(patient: Mapping[str, Any]) -> events.SafeContact:
    """How the person may be reached; where the Patient does not say, not at all. Raises Mistake."""
    told = extended(patient, codes.SAFE_CONTACT)
    if told is None or told.get("mayContact") is not True:
        return events.SafeContact(may_contact=False, voicemail=False)
    method = told.get("method")
    if method not in vocabulary.contact_methods():
        known = ", ".join(vocabulary.contact_methods())
        where = "Patient.extension.where(url.endsWith('safe-contact')).extension.where(url='method')"
        raise Mistake("unknown-code", where, f"use one of {known}")
    wanted = _TELECOM.get(str(method))
    value = next((t.get("value") for t in patient.get("telecom", ()) if t.get("system") == wanted), None)
    return events.SafeContact(
        may_contact=True,
        method=method,
        value=value,
        window=told.get("window"),
        language=told.get("language"),
        pretext=told.get("pretext"),
        voicemail=told.get("voicemail") is True,
    )


def _identity(patient: Mapping[str, Any], told: events.Identity) -> Resource:
    names = [{"use": "usual", "text": told.chosen_name}]
    if told.legal_name:
        names.append({"use": "official", "text": told.legal_name})
    extensions = list(patient.get("extension", ()))
    if told.pronouns:
        pronouns = {"url": codes.PRONOUNS, "valueString": told.pronouns}
        extensions = replaced(extensions, codes.PRONOUNS, pronouns)
    return {"name": names, "birthDate": told.birth_date, "extension": extensions}


def may_contact(patient: Mapping[str, Any]) -> bool | None:
    """Whether the person may be reached, as the exchange told last; None where it told nothing."""
    told = extended(patient, codes.SAFE_CONTACT)
    return None if told is None else told.get("mayContact") is True


def _safe_contact(patient: Mapping[str, Any], told: events.SafeContact, at: datetime) -> Resource:
    """Nothing to call or write to stands on a Patient that must not be contacted."""
    before = (extended(patient, codes.SAFE_CONTACT) or {}).get("toldAt")
    if before is not None and datetime.fromisoformat(str(before)) > at:
        return {}
    ways = []
    if told.may_contact and told.method in _TELECOM and told.value:
        ways = [(_TELECOM[told.method], told.value)]
    kept = extension(
        codes.SAFE_CONTACT,
        mayContact__valueBoolean=told.may_contact,
        method__valueCode=told.method if told.may_contact else None,
        window__valueString=told.window if told.may_contact else None,
        language__valueCode=told.language,
        pretext__valueString=told.pretext if told.may_contact else None,
        voicemail__valueBoolean=told.voicemail and told.may_contact,
        toldAt__valueInstant=instant(at),
    )
    return {
        "telecom": _telecom(patient, ways, "mobile") if told.may_contact else [],
        "extension": replaced(patient.get("extension", ()), codes.SAFE_CONTACT, kept),
    }


def _ways(told: events.Contact) -> list[tuple[str, str]]:
    pairs = [("phone", told.phone), ("email", told.email), ("other", told.messenger)]
    return [(system, value) for system, value in pairs if value]


def _telecom(patient: Mapping[str, Any], ways: Iterable[tuple[str, str]], use: str) -> list[Resource]:
    # A safe contact ranks first and has the use `mobile`; what another part told stays beside it.
    kept = [each for each in patient.get("telecom", ()) if each.get("use") != use]
    return [*({"system": system, "value": value, "use": use} for system, value in ways), *kept]


def _whole(name: Mapping[str, Any]) -> str:
    return str(name.get("text") or " ".join([*name.get("given", ()), name.get("family", "")]).strip())
