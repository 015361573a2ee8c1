"""What a provider's staff said on a Task that the exchange brought. Pure."""

from collections.abc import Mapping, Set
from typing import Any, cast

from fhir_health import codes
from fhir_health.elements import codes_in
from fhir_health.mapping import TERMINAL, purge_asked
from participant_edge.commands import Purge, ServiceState, ServiceSubState
from participant_edge.kit.acts import AnswerOffer, AnswerPurge, ReportStatus, Said
from participant_edge.kit.mistakes import Mistake
from participant_edge.rules import RECIPIENTS, SENDERS, SERVED
from participant_edge.views import ReferralView
from referral_exchange import events, vocabulary
from referral_exchange.refusals import sentence

_UNDECIDED = frozenset({"draft", "requested", "received", "ready"})
_OVER = frozenset({"purge-asked", "purged", "legal-hold", "expired", "ended"})
_REASONED = frozenset({"on-hold", "failed"})
_STATUS = "Task.status"


def said(task: Mapping[str, Any], view: ReferralView) -> tuple[Said, ...]:
    """What the Task says that the referral does not have yet, in order. Raises Mistake.

    It compares where both stand, so that a version nobody read is no loss and a repeat says nothing.
    """
    if view.standing != "live":
        return _after_the_end(task, view)
    shown = vocabulary.as_shown(view.state)
    status = str(task["status"])
    if shown in TERMINAL:
        if status != shown:
            raise Mistake("wrong-state", _STATUS, f"this referral ended as {shown}; set the status back")
        return ()
    if status in _UNDECIDED:
        if view.state in SERVED:
            raise Mistake("wrong-state", _STATUS, f"it was answered before and is {shown}; go on from there")
        return ()
    if status == "rejected":
        return (_declined(task, view),)
    if status in TERMINAL - {"completed", "failed"}:
        do = "only the sender takes a referral back; use rejected before it was accepted, failed after"
        raise Mistake("wrong-state", _STATUS, do)
    return _served(task, view, status)


def require_not_refused(view: ReferralView) -> None:
    """Raises Mistake where the exchange refused what was said last: said again it is refused again."""
    speaks = SENDERS if view.direction == "sent" else RECIPIENTS
    last = next((each for each in reversed(view.steps) if each.kind in speaks), None)
    if last is not None and last.refused is not None:
        raise Mistake(last.refused, "Task", sentence(last.refused))


def _declined(task: Mapping[str, Any], view: ReferralView) -> AnswerOffer:
    if view.state in SERVED:
        raise Mistake("wrong-state", _STATUS, "it was accepted before; use failed, with a reason")
    known = vocabulary.answer_reasons().keys() - {"accepted"}
    return AnswerOffer(view.referral_id, "declined", _reason(task, known))


def _served(task: Mapping[str, Any], view: ReferralView, status: str) -> tuple[Said, ...]:
    first: tuple[Said, ...] = ()
    if view.state not in SERVED:
        first = (AnswerOffer(view.referral_id, "accepted", "accepted"),)
    if status == "accepted":
        if view.state in SERVED - {"accepted"}:
            shown = vocabulary.as_shown(view.state)
            raise Mistake("wrong-state", _STATUS, f"it is {shown} already; use in-progress or on-hold")
        return first
    state = cast(ServiceState, vocabulary.on_the_wire(status))
    sub_state = _sub_state(task) if status == "in-progress" else None
    detail = _detail(task, status)
    if (view.state, view.sub_state) == (state, sub_state):
        return first
    return (*first, ReportStatus(view.referral_id, state, sub_state, detail))


def _after_the_end(task: Mapping[str, Any], view: ReferralView) -> tuple[Said, ...]:
    told = set(codes_in(task.get("businessStatus"), codes.BUSINESS))
    answers = told & {"purged", "legal-hold"}
    if len(answers) > 1:
        raise Mistake("wrong-value", "Task.businessStatus", "say purged or legal-hold, not both")
    if told & _OVER and task["status"] not in TERMINAL:
        raise Mistake(
            "consent-ended", _STATUS, "the consent has ended; set cancelled and ask for a new consent"
        )
    purge = cast(Purge, vocabulary.on_the_wire(next(iter(answers), "")))
    if purge and purge_asked(view) and purge != view.purge:
        return (AnswerPurge(view.referral_id, purge),)
    return ()


def _sub_state(task: Mapping[str, Any]) -> ServiceSubState | None:
    business = task.get("businessStatus")
    told = [(codes.BSER, code) for code in codes_in(business, codes.BSER)]
    told += [(codes.BUSINESS, code) for code in codes_in(business, codes.BUSINESS)]
    if any(code not in codes.BUSINESS_STATUS for system, code in told if system == codes.BSER):
        known = ", ".join(codes.BUSINESS_STATUS)
        raise Mistake("unknown-code", "Task.businessStatus.coding", f"BSeR knows {known}")
    found = next((codes.SUB_STATE_OF[pair] for pair in told if pair in codes.SUB_STATE_OF), None)
    return cast(ServiceSubState | None, found)


def _detail(task: Mapping[str, Any], status: str) -> events.StatusDetail | None:
    known = vocabulary.status_details(status).keys()
    if status in _REASONED:
        return events.StatusDetail(reason=_reason(task, known))
    if status == "completed":
        outcome = _outcome(task, known)
        return events.StatusDetail(outcome=outcome) if outcome else None
    return None


def _reason(task: Mapping[str, Any], known: Set[str]) -> str:
    given = codes_in(task.get("statusReason"), codes.REASON)
    choose = f"give one reason of {codes.REASON}: {', '.join(sorted(known))}"
    if len(given) != 1:
        raise Mistake("missing", "Task.statusReason.coding", choose)
    if given[0] not in known:
        raise Mistake("unknown-code", "Task.statusReason.coding", choose)
    return given[0]


def _outcome(task: Mapping[str, Any], known: Set[str]) -> str | None:
    outputs = [each for each in task.get("output", ()) if "outcome" in codes_in(each.get("type"), codes.NEED)]
    if not outputs:
        return None
    given = codes_in(outputs[0].get("valueCodeableConcept"), codes.REASON)
    if len(outputs) > 1 or len(given) != 1 or given[0] not in known:
        where = "Task.output.where(type.coding.code='outcome').value"
        raise Mistake(
            "unknown-code", where, f"give one outcome of {codes.REASON}: {', '.join(sorted(known))}"
        )
    return given[0]
