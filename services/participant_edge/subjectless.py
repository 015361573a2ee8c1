"""What an edge says that concerns no person, and to whom. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, get_args

from participant_edge.commands import CapacityDraft, ReportKind
from participant_edge.errors import Refused
from referral_exchange import events
from referral_exchange.event_kinds import ADDRESSEES, SAID_ONLY_BY

Report = (
    events.CapacityReported
    | events.CommentReceived
    | events.CountsReported
    | events.FeedbackGiven
    | events.PlanActionReported
    | events.QuestionAsked
    | events.ResyncAsked
    | events.TrainingCompleted
)
"""An event without a subject, keyed by its own id."""

_SMALLEST_CELL = 11
"""Counts below are hidden (a CMS-style choice)."""

_KINDS: dict[str, type[Report]] = {kind.__name__: kind for kind in get_args(Report)}


def report_of(
    kind: ReportKind, programme_from: str, fields: Mapping[str, Any], event_id: str, at: datetime
) -> Report:
    """The event. `fields` may name `programme_to` where there is a choice. Raises Refused."""
    given = dict(fields)
    programme_to = _addressee(kind, programme_from, given.pop("programme_to", None))
    addressed: dict[str, Any] = {"event_id": event_id, "occurred_at": at, "programme_from": programme_from}
    try:
        return _KINDS[kind](**addressed, programme_to=programme_to, **given)
    except TypeError:
        raise Refused("invalid", f"give exactly the fields that {kind} has") from None


def _addressee(kind: ReportKind, programme_from: str, asked: Any) -> str:
    """Who is told. Raises Refused where it may not be said, or not to them."""
    if kind in SAID_ONLY_BY:
        if programme_from != SAID_ONLY_BY[kind] or not asked:
            raise Refused(
                "event-not-allowed", f"{kind} is said by {SAID_ONLY_BY[kind]} only, to one programme"
            )
        return str(asked)
    addressee = str(asked or ADDRESSEES[kind][0])
    if addressee not in ADDRESSEES[kind]:
        raise Refused("event-not-allowed", f"{kind} goes to {' or '.join(ADDRESSEES[kind])} only")
    return addressee


def room(programme: str, draft: CapacityDraft) -> dict[str, Any]:
    """The fields of `CapacityReported`."""
    told = {name: getattr(draft, name) for name in CapacityDraft.__dataclass_fields__}
    return {**told, "languages": list(draft.languages), "programme_id": programme}


def require_sound(event: Report) -> None:
    """Raises Refused for an event of the right form that says what nobody may say, or nothing."""
    if "unspecified" in event.to_datum().values():
        raise Refused("unknown-code", "choose one of the codes of the exchange; unspecified is none")
    match event:
        case events.CountsReported(cells=cells):
            if any(cell.count is not None and cell.count < _SMALLEST_CELL for cell in cells):
                raise Refused("small-count", f"hide counts below {_SMALLEST_CELL} before they are reported")
        case events.CapacityReported(programme_id=about, programme_from=by):
            if about != by:
                raise Refused("not-your-programme", "a programme reports its own room only")
            if event.valid_until <= event.as_of:
                raise Refused("invalid", "say until when it is true, after the time it was seen")
        case _:
            return
