"""How a referral that the provider sent stands, shown on the provider's own Task. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from fhir_health import codes
from fhir_health.elements import Resource, codes_in, concept, filled, identifier
from fhir_health.marks import unmarked
from fhir_health.people import identity_of, safe_contact_of
from participant_edge.commands import OpenRecord, PartRecord
from participant_edge.kit.acts import HandOver
from participant_edge.kit.mistakes import Mistake
from participant_edge.rules import SERVED
from participant_edge.views import ReferralView
from referral_exchange import events, vocabulary

_BUSINESS = {
    "consented": "2.0",
    "requested": "2.0",
    "received": "2.0",
    "accepted": "3.0",
    "rejected": "4.0",
    "in_progress": "3.0",
    "on_hold": "3.0",
    "completed": "7.0",
    "failed": "6.0",
    "cancelled": "6.0",
    "entered_in_error": "6.0",
}
_TAKEN_BACK = frozenset({"cancelled", "entered-in-error"})
_OVER = frozenset({"cancelled", "entered_in_error", "rejected"})
_KEPT = frozenset({"hand-over", "handed-over"})

NOT_SENT = concept((codes.BUSINESS, "not-sent"))
"""Business status of a Task that could not be offered."""


def sent(task: Mapping[str, Any], referral_id: str) -> Resource:
    """The Task once its offer is on its way: it carries the referral id from now on."""
    others = [each for each in task.get("identifier", ()) if each.get("system") != codes.REFERRALS]
    return filled(
        {
            **unmarked(task),
            "identifier": [*others, identifier(codes.REFERRALS, referral_id, "PLAC")],
            "businessStatus": concept((codes.BSER, "2.0")),
        }
    )


def shown(task: Mapping[str, Any], view: ReferralView, records: Sequence[OpenRecord]) -> Resource:
    """The Task as the referral stands, with the reason or outcome among `records`, if one came.

    One that staff have just taken back stays so: that is still to be told, and must not be written over.
    """
    if taken_back(task, view):
        return dict(task)
    state = "requested" if view.state == "consented" else view.state
    changed = {
        **unmarked(task),
        "status": vocabulary.as_shown(state),
        "businessStatus": _business(task, view),
        **_detail(task, state, records),
    }
    return filled(changed)


def consent_named(consent: Mapping[str, Any], referral_id: str) -> Resource:
    """The Consent with the referral that it was given for: its end is that referral's."""
    known = list(consent.get("identifier", ()))
    if any(each.get("value") == referral_id for each in known):
        return dict(consent)
    return {**consent, "identifier": [*known, identifier(codes.REFERRALS, referral_id)]}


def taken_back(task: Mapping[str, Any], view: ReferralView) -> bool:
    """Whether staff ended the Task of a referral that the exchange still carries."""
    return task.get("status") in _TAKEN_BACK and view.state not in _OVER


def hand_over(task: Mapping[str, Any], view: ReferralView) -> bool:
    """Whether staff asked to hand over who it is, and it has not been done. Raises Mistake."""
    if "hand-over" not in codes_in(task.get("businessStatus"), codes.BUSINESS):
        return False
    if view.state not in SERVED or view.standing != "live":
        do = "who it is goes only to a programme that accepted, under a live consent; wait for the answer"
        raise Mistake("wrong-state", "Task.businessStatus", do)
    return not any(each.kind == "ReferralDisclosed" and each.refused is None for each in view.steps)


def parts_of(patient: Mapping[str, Any], view: ReferralView, covered: frozenset[str]) -> HandOver:
    """What the consent covers of this Patient: who it is and how, if at all, to reach her. Raises Mistake."""
    parts: list[PartRecord] = []
    if "identity" in covered:
        parts.append(identity_of(patient))
    if "safe-contact" in covered:
        parts.append(safe_contact_of(patient))
    if not parts:
        do = "the consent covers neither identity nor safe-contact; ask the person for one that does"
        raise Mistake("denied", "Consent.provision.class", do)
    return HandOver(view.referral_id, tuple(parts))


def handed_over(task: Mapping[str, Any]) -> Resource:
    """The Task once it is done."""
    business = task.get("businessStatus", {})
    kept = [each for each in business.get("coding", ()) if each.get("code") not in _KEPT]
    return {
        **unmarked(task),
        "businessStatus": {"coding": [*kept, *concept((codes.BUSINESS, "handed-over"))["coding"]]},
    }


def _business(task: Mapping[str, Any], view: ReferralView) -> Resource:
    if view.sub_state is not None and view.sub_state in codes.SUB_STATES:
        pairs = [codes.SUB_STATES[view.sub_state]]
    else:
        pairs = [(codes.BSER, _BUSINESS.get(view.state, "2.0"))]
    own = set(codes_in(task.get("businessStatus"), codes.BUSINESS)) & _KEPT
    if view.standing != "live":
        own = {"expired" if view.standing == "expired" else "ended"}
    return concept(*pairs, *((codes.BUSINESS, code) for code in sorted(own)))


def _detail(task: Mapping[str, Any], state: str, records: Sequence[OpenRecord]) -> Resource:
    for record in records:
        if isinstance(record, events.AnswerReason) and record.code != "accepted":
            return _reason(record.code, vocabulary.answer_reasons())
        if isinstance(record, events.StatusDetail) and record.reason:
            return _reason(record.reason, vocabulary.status_details(vocabulary.as_shown(state)))
        if isinstance(record, events.StatusDetail) and record.outcome:
            return {"output": [*_other_outputs(task), _outcome(record.outcome)]}
    return {}


def _reason(code: str, known: Mapping[str, str]) -> Resource:
    return {"statusReason": concept((codes.REASON, code), text=known.get(code, code))}


def _outcome(code: str) -> Resource:
    return {"type": concept((codes.NEED, "outcome")), "valueCodeableConcept": concept((codes.REASON, code))}


def _other_outputs(task: Mapping[str, Any]) -> list[Resource]:
    outputs = unmarked(task).get("output", ())
    return [each for each in outputs if "outcome" not in codes_in(each.get("type"), codes.NEED)]
