"""The code that came with a decline, a hold or a failure: opened while that may be, kept encrypted."""

import json
import logging

from participant_edge import inbox_rows, outgoing, referral_rows
from participant_edge.errors import Refused
from participant_edge.means import Means
from participant_edge.opening import open_entries
from participant_edge.sealing import NotOpened
from participant_edge.views import ReferralView, Step
from referral_exchange.events import AnswerReason, StatusDetail

_LOG = logging.getLogger(__name__)
_TOLD_BY = {
    "rejected": "ReferralAnswered",
    "on_hold": "ServiceStatusChanged",
    "failed": "ServiceStatusChanged",
}
"""In which state a reason is of interest, and which event brings it."""


def reason(means: Means, referral_id: str) -> str | None:
    """See `Edge.reason`. Opens the code where it was not opened yet and its consent lives."""
    view = outgoing.need_view(means, referral_id)
    step = _telling(view)
    if step is None:
        return None
    known = _kept(means, referral_id, step)
    if known is None and view.standing == "live":
        learn(means, referral_id)
        known = _kept(means, referral_id, step)
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
    try:
        opened = open_entries(means, [entry])
    except (Refused, NotOpened) as error:
        _LOG.warning("the reason of an answer does not open (%s); it stays unknown", error.code)
        return
    codes = [_code(each.record) for each in opened]
    memory = means.memory.protect(json.dumps([step.event_id, codes[0]]).encode(), referral_id)
    with means.store.write() as connection:
        referral_rows.set_fields(connection, referral_id, reason=memory)


def _telling(view: ReferralView) -> Step | None:
    """The step that says why a sent referral stands where it stands."""
    steps = [
        step
        for step in view.steps
        if step.kind == _TOLD_BY.get(view.state) and step.refused is None and step.what != "received"
    ]
    return steps[-1] if steps and view.direction == "sent" else None


def _kept(means: Means, referral_id: str, step: Step) -> str | None:
    with means.store.read() as connection:
        memory = referral_rows.reason_of(connection, referral_id)
    if memory is None:
        return None
    event_id, code = json.loads(means.memory.reveal(memory, referral_id))
    return code if event_id == step.event_id else None


def _code(record: object) -> str | None:
    match record:
        case AnswerReason(code=code):
            return code
        case StatusDetail(reason=reason):
            return reason
        case _:
            return None
