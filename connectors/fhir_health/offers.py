"""The provider's own Task and ServiceRequest as an offer of the exchange. Pure."""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from fhir_health import codes
from fhir_health.consents import draft_of
from fhir_health.elements import codes_in, inputs, place, programme_in, version
from participant_edge.kit.acts import MakeOffer
from participant_edge.kit.mistakes import Mistake
from referral_exchange import events, vocabulary

_NEEDED = "this is needed to ask another programme; add it"


def local(reference: Mapping[str, Any] | None, kind: str, where: str) -> str:
    """What a Reference names on this server: `Patient/1`. Raises Mistake."""
    named = str((reference or {}).get("reference", "")).partition("/_history/")[0]
    if not named:
        raise Mistake("missing", where, _NEEDED)
    if not re.fullmatch(rf"{kind}/[A-Za-z0-9.-]{{1,64}}", named):
        raise Mistake("wrong-type", where, f"refer to a {kind} of this server")
    return named


def asks(task: Mapping[str, Any], own: Collection[str]) -> bool:
    """Whether this Task asks a programme of the exchange for something: its owner is one that is not ours."""
    owner = programme_in(task.get("owner"))
    return owner is not None and owner not in own


def focus_of(task: Mapping[str, Any]) -> str:
    """The ServiceRequest to read: `ServiceRequest/1`. Raises Mistake."""
    return local(task.get("focus"), "ServiceRequest", "Task.focus.reference")


def consent_of(request: Mapping[str, Any]) -> str:
    """The Consent to read. Raises Mistake where the request refers to none or to several."""
    where = "ServiceRequest.supportingInfo"
    given = request.get("supportingInfo", ())
    consents = [each for each in given if str(each.get("reference", "")).startswith("Consent/")]
    if len(consents) != 1:
        raise Mistake("missing", where, "refer to exactly one Consent, the person's yes to this programme")
    return local(consents[0], "Consent", where)


def offer_of(
    task: Mapping[str, Any],
    request: Mapping[str, Any],
    consent: Mapping[str, Any],
    own: Collection[str],
) -> MakeOffer:
    """The consent and the needs that these three say. Raises Mistake; an offer says nothing of who it is."""
    _require_order(task, request)
    _require_one_person(task, request, consent)
    sender = _sender(task, own)
    recipient = str(programme_in(task.get("owner")))
    return MakeOffer(
        person=local(task.get("for"), "Patient", "Task.for.reference"),
        consent=draft_of(consent, sender, recipient),
        consent_key=f"{place(consent)}/_history/{version(consent)}:{place(task)}",
        urgency=_urgency(task),
        answer_by=_answer_by(task),
        needs=_needs(task, request, consent),
    )


def _require_order(task: Mapping[str, Any], request: Mapping[str, Any]) -> None:
    if task.get("intent") != "order":
        raise Mistake("unknown-code", "Task.intent", "use order")
    if "fulfill" not in codes_in(task.get("code"), codes.TASK_CODE):
        raise Mistake("unknown-code", "Task.code", "use fulfill of task-code")
    if request.get("status") != "active":
        raise Mistake("wrong-state", "ServiceRequest.status", "only an active request is sent")
    if request.get("intent") != "order":
        raise Mistake("unknown-code", "ServiceRequest.intent", "use order")


def _require_one_person(
    task: Mapping[str, Any], request: Mapping[str, Any], consent: Mapping[str, Any]
) -> None:
    person = local(task.get("for"), "Patient", "Task.for.reference")
    if local(request.get("subject"), "Patient", "ServiceRequest.subject.reference") != person:
        do = "the request is about another patient than the Task; refer to the right one"
        raise Mistake("other-patient", "ServiceRequest.subject", do)
    if local(consent.get("patient"), "Patient", "Consent.patient.reference") != person:
        do = "this consent was given by another patient; refer to this patient's own"
        raise Mistake("other-patient", "Consent.patient", do)


def _sender(task: Mapping[str, Any], own: Collection[str]) -> str:
    named = programme_in(task.get("requester"))
    if named is None and len(own) == 1:
        return next(iter(own))
    if named not in own:
        where = "Task.requester.identifier"
        raise Mistake("missing", where, f"name the asking programme: {', '.join(sorted(own))}")
    return str(named)


def _urgency(task: Mapping[str, Any]) -> Any:
    return codes.URGENCY.get(task.get("priority", "routine"), "routine")


def _answer_by(task: Mapping[str, Any]) -> datetime | None:
    end = task.get("restriction", {}).get("period", {}).get("end")
    if end is None:
        return None
    try:
        at = datetime.fromisoformat(str(end))
    except ValueError:
        at = datetime.min
    if at.tzinfo is None:
        raise Mistake("wrong-value", "Task.restriction.period.end", "give date and time with their zone")
    return at.astimezone(UTC)


def _needs(task: Mapping[str, Any], request: Mapping[str, Any], consent: Mapping[str, Any]) -> events.Needs:
    languages = _texts(task, "language") or [str(consent.get("language", ""))]
    regions = _texts(task, "region")
    if len(regions) != 1:
        where = _input("region")
        raise Mistake("missing", where, "say once in which region, as coarsely as the directory does")
    sizes = [each.get("valuePositiveInt") for each in inputs(task, "household-size")]
    return events.Needs(
        services=_services(request),
        languages=languages,
        region=regions[0],
        age_band=_age_band(task),
        household_size=int(sizes[0]) if sizes and sizes[0] else 1,
        access=_known(task, "access", codes.ACCESS, vocabulary.access_needs()),
    )


def _services(request: Mapping[str, Any]) -> list[str]:
    where = "ServiceRequest.code"
    concepts = [request.get("code"), *request.get("category", ()), *request.get("orderDetail", ())]
    named = [code for each in concepts for code in codes_in(each, codes.SERVICE)]
    sdoh = [code for each in concepts for code in codes_in(each, codes.SDOHCC)]
    named = named or [codes.SERVICE_OF_SDOH[code] for code in sdoh if code in codes.SERVICE_OF_SDOH]
    if not named:
        raise Mistake("missing", where, "code what is needed by service-category or an SDOH category")
    if not set(named) <= vocabulary.service_categories().keys():
        known = ", ".join(vocabulary.service_categories())
        raise Mistake("unknown-code", where, f"use only {known}")
    return list(dict.fromkeys(named))


def _age_band(task: Mapping[str, Any]) -> str:
    found = _known(task, "age-band", codes.AGE_BAND, vocabulary.age_bands())
    if len(found) != 1:
        raise Mistake("missing", _input("age-band"), "say adult, minor or unknown, once")
    return found[0]


def _known(task: Mapping[str, Any], kind: str, system: str, known: Mapping[str, str]) -> list[str]:
    found = [
        code for each in inputs(task, kind) for code in codes_in(each.get("valueCodeableConcept"), system)
    ]
    if not set(found) <= known.keys() or len(found) != len(list(inputs(task, kind))):
        raise Mistake("unknown-code", _input(kind), f"use one of {', '.join(known)}")
    return found


def _texts(task: Mapping[str, Any], kind: str) -> list[str]:
    values = [each.get("valueCode") or each.get("valueString") for each in inputs(task, kind)]
    return [str(value) for value in values if value]


def _input(kind: str) -> str:
    return f"Task.input.where(type.coding.code='{kind}')"
