"""What a referral of the exchange looks like in the provider's FHIR server. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from fhir_health import codes
from fhir_health.elements import (
    SECURITY,
    Resource,
    codes_in,
    concept,
    filled,
    identifier,
    inputs,
    instant,
    link,
    programme,
    value_in,
    without,
)
from fhir_health.people import ANONYMOUS
from participant_edge.commands import OpenRecord
from participant_edge.views import ReferralView
from referral_exchange import events, ids

TERMINAL = frozenset({"rejected", "cancelled", "completed", "failed", "entered-in-error"})
"""Task statuses from which nothing goes on."""

Opener = (
    events.DocumentSent
    | events.EmergencyRequested
    | events.ReferralOffered
    | events.ResourceRequested
    | events.ScreeningCompleted
    | events.TipReported
    | events.WithdrawalAsked
)
"""What a Task begins with."""

Change = Callable[[Resource], Resource]
"""What a resource becomes. Made again on whatever another wrote in between."""

_PURGE_ANSWERS = frozenset({"purged", "legal-hold"})


def person_id(referral_id: str) -> str:
    """The effect id of the referral's Patient: one person a referral, whatever is disclosed how often."""
    return ids.derived(referral_id, "effect", "Patient")


def request_id(referral_id: str) -> str:
    """The effect id of the referral's ServiceRequest."""
    return ids.derived(referral_id, "effect", "ServiceRequest")


def task_of(offered: Opener, wanted: Iterable[Resource], effect_id: str) -> Resource:
    """The Task that asks the provider: what is wanted, about a contained Patient of whom nothing is known."""
    end = {"period": {"end": instant(offered.answer_by)}} if offered.answer_by else {}
    return filled(
        {
            "resourceType": "Task",
            "meta": {"security": SECURITY},
            "contained": [ANONYMOUS],
            "identifier": [
                identifier(codes.REFERRALS, offered.referral_id, "PLAC"),
                identifier(codes.EFFECTS, effect_id),
            ],
            "status": "requested",
            "businessStatus": concept((codes.BSER, "2.0")),
            "intent": "order",
            "priority": codes.PRIORITY.get(offered.urgency, "routine"),
            "code": concept((codes.TASK_CODE, "fulfill")),
            "for": {"reference": f"#{ANONYMOUS['id']}"},
            "authoredOn": instant(offered.occurred_at),
            "requester": programme(offered.programme_from),
            "owner": programme(offered.programme_to),
            "restriction": end,
            "input": list(wanted),
        }
    )


def request_of(task: Mapping[str, Any], patient: Mapping[str, Any], referral_id: str) -> Resource:
    """The ServiceRequest behind a Task whose person is known now. What is needed, the Task's inputs say."""
    wanted = [each["valueCodeableConcept"] for each in inputs(task, "service")]
    codings = [each for one in wanted for each in one["coding"]]
    code = {"coding": codings} if codings else {"text": "as Task.input says"}
    return filled(
        {
            "resourceType": "ServiceRequest",
            "meta": {"security": SECURITY},
            "identifier": [
                identifier(codes.REFERRALS, referral_id, "PLAC"),
                identifier(codes.EFFECTS, request_id(referral_id)),
            ],
            "status": "active",
            "intent": "order",
            "priority": task.get("priority"),
            "code": code,
            "subject": link(patient),
            "authoredOn": task.get("authoredOn"),
            "requester": task.get("requester"),
            "performer": [task["owner"]],
        }
    )


def with_person(task: Mapping[str, Any], patient: Mapping[str, Any], request: Mapping[str, Any]) -> Resource:
    """The Task about the person it turned out to be; what staff wrote on it stays."""
    kept = [each for each in task.get("contained", ()) if each.get("id") != ANONYMOUS["id"]]
    return filled({**task, "contained": kept, "for": link(patient), "focus": link(request)})


def detail_of(record: OpenRecord, effect_id: str, patient: Mapping[str, Any] | None = None) -> Resource:
    """A part that has no element of its own, field by field: a QuestionnaireResponse."""
    name = record.RECORD
    made = {
        "resourceType": "QuestionnaireResponse",
        "meta": {"security": SECURITY},
        "identifier": identifier(codes.EFFECTS, ids.derived(effect_id, name, "QuestionnaireResponse")),
        "questionnaire": f"{codes.OURS}Questionnaire/{name.replace('.', '-')}",
        "status": "completed",
        "item": list(_items(record.to_datum())) or [{"linkId": "empty"}],
    }
    return made if patient is None else {**made, "subject": link(patient)}


def with_inputs(task: Mapping[str, Any], details: Iterable[Mapping[str, Any]]) -> Resource:
    """The Task that refers to these too, as SDOH Clinical Care's additional content."""
    known = list(task.get("input", ()))
    return filled({**task, "input": known + [each for each in contents(details) if each not in known]})


def contents(details: Iterable[Mapping[str, Any]]) -> list[Resource]:
    """Inputs that refer to details."""
    kind = concept((codes.SDOHCC, "additional-content"))
    return [{"type": kind, "valueReference": link(each)} for each in details]


def with_details(request: Mapping[str, Any], details: list[Resource]) -> Resource:
    """The ServiceRequest that refers to these too."""
    known = list(request.get("supportingInfo", ()))
    new = [link(each) for each in details if link(each) not in known]
    return filled({**request, "supportingInfo": known + new})


def with_do_not_contact(request: Mapping[str, Any], may_contact: bool) -> Resource:
    """The ServiceRequest with SDOH Clinical Care's flag for a person not to be contacted, or without."""
    flag = concept((codes.SDOHCC, "contacting-subject-prohibited"))
    kept = [each for each in request.get("orderDetail", ()) if not _is_flag(each)]
    return filled({**request, "orderDetail": kept if may_contact else [*kept, flag]})


def ended(task: Mapping[str, Any], ending: str) -> Resource:
    """The Task once the consent is over: nothing goes on; after a withdrawal the purge is asked for.

    `ending`: withdrawn or expired. An answer that staff gave already stays.
    """
    if set(codes_in(task.get("businessStatus"), codes.BUSINESS)) & _PURGE_ANSWERS:
        return dict(task)
    own = "purge-asked" if ending == "withdrawn" else "expired"
    status = task["status"] if task["status"] in TERMINAL else "cancelled"
    business = concept((codes.BSER, "5.2"), (codes.BUSINESS, own))
    return {**task, "status": status, "businessStatus": business}


def cancelled(task: Mapping[str, Any], cancellation: str) -> Resource:
    """The Task that its sender took back."""
    if task["status"] in TERMINAL:
        return dict(task)
    status = "entered-in-error" if cancellation == "entered_in_error" else "cancelled"
    return {**task, "status": status, "businessStatus": concept((codes.BSER, "6.0"))}


def referral_of(task: Mapping[str, Any]) -> str | None:
    """The referral that a Task is about; None for one that the exchange does not know yet."""
    return value_in(task, codes.REFERRALS)


def received_here(task: Mapping[str, Any]) -> bool:
    """Whether the exchange brought this Task."""
    return value_in(task, codes.EFFECTS) is not None


def purge_asked(view: ReferralView) -> bool:
    """Whether the purge still has to be answered."""
    return view.purge in {"asked", "legal_hold"}


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether writing `one` over `other` would change anything; what the server counts does not."""
    return without(one, "meta") == without(other, "meta")


def needed(needs: events.Needs) -> Iterator[Resource]:
    """What an offer asks for, in codes."""
    for service in needs.services:
        category = codes.SDOH_CATEGORY.get(service, codes.SDOH_UNSPECIFIED)
        yield _input(
            "service", valueCodeableConcept=concept((codes.SERVICE, service), (codes.SDOHCC, category))
        )
    for language in needs.languages:
        yield _input("language", valueCode=language)
    yield _input("region", valueString=needs.region)
    yield _input("age-band", valueCodeableConcept=concept((codes.AGE_BAND, needs.age_band)))
    yield _input("household-size", valuePositiveInt=needs.household_size)
    for need in needs.access:
        yield _input("access", valueCodeableConcept=concept((codes.ACCESS, need)))


def _input(kind: str, **value: Any) -> Resource:
    return {"type": concept((codes.NEED, kind)), **value}


def _items(datum: Mapping[str, Any]) -> Iterator[Resource]:
    for name, value in datum.items():
        answers = value if isinstance(value, list) else [value]
        told = [_answer(each) for each in answers if each is not None]
        if told:
            yield {"linkId": name, "answer": told}


def _answer(value: Any) -> Resource:
    if isinstance(value, bool):
        return {"valueBoolean": value}
    if isinstance(value, int):
        return {"valueInteger": value}
    return {"valueString": str(value)}


def _is_flag(detail: Mapping[str, Any]) -> bool:
    return "contacting-subject-prohibited" in codes_in(detail, codes.SDOHCC)
