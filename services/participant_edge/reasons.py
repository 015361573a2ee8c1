"""What came with a decline, a hold, a failure or a set time: opened while that may be, kept encrypted."""

import json
import logging
from dataclasses import dataclass
from datetime import datetime

from participant_edge import inbox_rows, outgoing, referral_rows
from participant_edge.errors import Refused
from participant_edge.means import Means
from participant_edge.opening import open_entries
from participant_edge.sealing import NotOpened
from participant_edge.views import Handover, ReferralView, Step
from referral_exchange.events import AnswerReason, StatusDetail

_LOG = logging.getLogger(__name__)
_TOLD_BY = {
    "rejected": "ReferralAnswered",
    "on_hold": "ServiceStatusChanged",
    "failed": "ServiceStatusChanged",
    "in_progress": "ServiceStatusChanged",
}
"""In which state a reason, or a handover, is of interest, and which event brings it."""

_SCHEDULED = "in_progress:scheduled"


@dataclass(frozen=True, slots=True)
class _Told:
    """What one event said beside its state."""

    code: str | None
    handover: Handover | None


def reason(means: Means, referral_id: str) -> str | None:
    """See `Edge.reason`. Opens the code where it was not opened yet and its consent lives."""
    view = outgoing.need_view(means, referral_id)
    if view.direction != "sent":
        return None
    known = _told(means, view)
    return known.code if known else None


def handover(means: Means, referral_id: str) -> Handover | None:
    """See `Edge.handover`. Nothing is told of it any more once the consent has ended."""
    view = outgoing.need_view(means, referral_id)
    step = _telling(view)
    if step is None or step.what != _SCHEDULED or view.standing != "live":
        return None
    known = _told(means, view) if view.direction == "sent" else _kept(means, referral_id, step)
    return known.handover if known else None


def remember(means: Means, referral_id: str, event_id: str, detail: StatusDetail | None) -> None:
    """Keeps the handover that this participant itself has just said; nobody could open it here again."""
    agreed = _told_by(detail) if detail is not None else None
    kept = agreed is not None and agreed.handover is not None
    memory = _protected(means, referral_id, event_id, agreed) if agreed and kept else None
    with means.store.write() as connection:
        referral_rows.set_fields(connection, referral_id, reason=memory)


def _told(means: Means, view: ReferralView) -> _Told | None:
    step = _telling(view)
    if step is None:
        return None
    known = _kept(means, view.referral_id, step)
    if known is None and view.standing == "live":
        learn(means, view.referral_id)
        known = _kept(means, view.referral_id, step)
    return known


def learn(means: Means, referral_id: str) -> None:
    """Opens the reason of where a sent referral stands, and keeps it; what does not open is left.

    Raises OutcomeUnknown where the ledger does not answer.
    """
    with means.store.read() as connection:
        view = referral_rows.view_of(connection, referral_id)
        step = _telling(view) if view is not None else None
        entry = inbox_rows.holding(connection, referral_id, step.event_id) if step is not None else None
    if step is None or entry is None or _kept(means, referral_id, step) is not None:
        return
    if view is None or view.direction != "sent":
        return
    try:
        opened = open_entries(means, [entry])
    except (Refused, NotOpened) as error:
        _LOG.warning("the reason of an answer does not open (%s); it stays unknown", error.code)
        return
    told = [_told_by(each.record) for each in opened]
    memory = _protected(means, referral_id, step.event_id, told[0])
    with means.store.write() as connection:
        referral_rows.set_fields(connection, referral_id, reason=memory)


def _telling(view: ReferralView) -> Step | None:
    """The step that says why a referral stands where it stands, or for when something is agreed."""
    steps = [
        step
        for step in view.steps
        if step.kind == _TOLD_BY.get(view.state) and step.refused is None and step.what != "received"
    ]
    if not steps or (view.state == "in_progress" and steps[-1].what != _SCHEDULED):
        return None
    return steps[-1]


def _kept(means: Means, referral_id: str, step: Step) -> _Told | None:
    with means.store.read() as connection:
        memory = referral_rows.reason_of(connection, referral_id)
    if memory is None:
        return None
    event_id, code, *agreed = json.loads(means.memory.reveal(memory, referral_id))
    if event_id != step.event_id:
        return None
    return _Told(code, _handover(*agreed) if agreed else None)


def _protected(means: Means, referral_id: str, event_id: str, told: _Told) -> bytes:
    agreed = told.handover
    more = [agreed.at.isoformat(), agreed.introduction, agreed.role] if agreed else []
    return means.memory.protect(json.dumps([event_id, told.code, *more]).encode(), referral_id)


def _handover(at: str, introduction: str, role: str) -> Handover:
    return Handover(at=datetime.fromisoformat(at), introduction=introduction, role=role)


def _told_by(record: object) -> _Told:
    match record:
        case AnswerReason(code=code):
            return _Told(code, None)
        case StatusDetail(handover_at=datetime() as at, introduction=str() as how, role=str() as role):
            return _Told(record.reason, Handover(at=at, introduction=how, role=role))
        case StatusDetail(reason=reason):
            return _Told(reason, None)
        case _:
            return _Told(None, None)
