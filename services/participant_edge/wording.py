"""What each verb of the facade says: the `Saying` it becomes. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from participant_edge.commands import (
    Answer,
    Cancellation,
    FormRecord,
    IntakeRecord,
    OfferDraft,
    OpenerKind,
    PartRecord,
    Purge,
    ServiceState,
    ServiceSubState,
    Urgency,
)
from participant_edge.errors import Refused
from participant_edge.saying import Saying
from referral_exchange import events

T = TypeVar("T")

_PART_OF: dict[OpenerKind, type[IntakeRecord]] = {
    "EmergencyRequested": events.HotlineRequest,
    "ResourceRequested": events.ResourceNeeded,
    "TipReported": events.Tip,
    "ScreeningCompleted": events.ScreeningResult,
    "WithdrawalAsked": events.Identity,
}
"""The one part that each intake event carries."""


def offering(draft: OfferDraft, referral_id: str) -> Saying:
    """Needs, offered."""
    fields = {"urgency": draft.urgency, "answer_by": draft.answer_by}
    return Saying(kind="ReferralOffered", referral_id=referral_id, fields=fields, parts=[draft.needs])


def opening(
    kind: OpenerKind, referral_id: str, urgency: Urgency, answer_by: datetime | None, part: IntakeRecord
) -> Saying:
    """What comes in at a hotline or a provider. Raises Refused for another part than the kind carries."""
    if not isinstance(part, _PART_OF[kind]):
        raise Refused("parts-missing", f"{kind} carries one {_PART_OF[kind].__name__} and nothing else")
    fields = {"urgency": urgency, "answer_by": answer_by}
    return Saying(kind=kind, referral_id=referral_id, fields=fields, parts=[part])


def sending(
    referral_id: str, urgency: Urgency, answer_by: datetime | None, forms: Sequence[FormRecord]
) -> Saying:
    """A document."""
    fields = {"urgency": urgency, "answer_by": answer_by}
    return Saying(kind="DocumentSent", referral_id=referral_id, fields=fields, parts=_some(forms))


def answering_document(
    referral_id: str, document_event_id: str, forms: Sequence[FormRecord | events.AnswerReason]
) -> Saying:
    """The answer to a document."""
    return Saying(
        kind="DocumentAnswered",
        referral_id=referral_id,
        fields={"document_event_id": document_event_id},
        parts=_some(forms),
    )


def answering(referral_id: str, answer: Answer, reason: str) -> Saying:
    """Yes or no, with the reason's code."""
    return Saying(
        kind="ReferralAnswered",
        referral_id=referral_id,
        what=answer,
        fields={"answer": answer},
        parts=[events.AnswerReason(code=reason)],
    )


def disclosing(referral_id: str, parts: Sequence[PartRecord], address_authorised: bool) -> Saying:
    """The identity, and what goes with it."""
    return Saying(
        kind="ReferralDisclosed",
        referral_id=referral_id,
        parts=_some(parts),
        address_authorised=address_authorised,
    )


def reporting_status(
    referral_id: str,
    state: ServiceState,
    sub_state: ServiceSubState | None,
    detail: events.StatusDetail | None,
) -> Saying:
    """How the service goes."""
    if state in {"unspecified", "received"}:
        raise Refused("unknown-code", "choose in-progress, on-hold, completed or failed")
    return Saying(
        kind="ServiceStatusChanged",
        referral_id=referral_id,
        what=":".join(filter(None, (state, sub_state))),
        fields={"state": state, "sub_state": sub_state},
        parts=[detail] if detail is not None else [],
    )


def cancelling(referral_id: str, cancellation: Cancellation) -> Saying:
    """A referral taken back."""
    if cancellation == "unspecified":
        raise Refused("unknown-code", "choose cancelled or entered-in-error")
    fields = {"cancellation": cancellation}
    return Saying(kind="ReferralCancelled", referral_id=referral_id, what=cancellation, fields=fields)


def answering_purge(referral_id: str, purge: Purge) -> Saying:
    """What became of what was opened."""
    if purge == "unspecified":
        raise Refused("unknown-code", "choose purged or legal-hold")
    return Saying(kind="PurgeAnswered", referral_id=referral_id, what=purge, fields={"purge": purge})


def changing_contact(referral_id: str, contact: events.SafeContact) -> Saying:
    """How the person may be reached from now on."""
    return Saying(kind="SafeContactChanged", referral_id=referral_id, parts=[contact])


def _some(parts: Sequence[T]) -> Sequence[T]:
    if not parts:
        raise Refused("parts-missing", "choose at least one kind of information to hand over")
    return parts
