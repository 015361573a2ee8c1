"""What a believed message does to this edge's memory. One transaction with its own row in the inbox."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from participant_edge import (
    change_rows,
    choice_rows,
    consent_rows,
    inbox_rows,
    own_intents,
    referral_rows,
    rules,
)
from participant_edge.basis import OPEN_END
from participant_edge.consent_rows import Consent
from participant_edge.inbox_rows import Pointer
from participant_edge.publishing import ask_withdrawal, close_ground
from participant_edge.saying import Opener, Outgoing
from participant_edge.subjectless import Report
from participant_edge.verification import Arrived, Incoming, about
from participant_edge.views import Direction, EntryState, ReferralView, Step
from referral_exchange import events, tracing
from referral_exchange.refusals import NOT_TAKING_PART

_GROUND_OF = {"TipReported": "tip", "WithdrawalAsked": "withdrawal"}


@dataclass(frozen=True, slots=True)
class Arrival:
    """Whose participant sent it, where it stands and when it came. `held`: kept, but not applied yet.

    `echo`: said by this participant itself, and sent back to it because it lost its disk.
    """

    participant: str
    pointer: Pointer
    at: datetime
    held: bool
    echo: bool = False


def apply(connection: Connection, arrived: Arrived, arrival: Arrival) -> None:
    """Remembers the message, and what it changes in the view of its referral."""
    event = arrived.event
    name = f"receive {type(event).__name__}"
    link, referral_id = arrived.traceparent, about(event)
    with tracing.stretch(name, "consumer", referral_id=referral_id, link=link) as stretch:
        stretch.set(messaging_kafka_offset=arrival.pointer.offset, messaging_message_id=event.event_id)
        step = rules.step_of(event)
        row = _row(connection, arrived, arrival, step) | {"traceparent": stretch.traceparent}
        if not inbox_rows.add(connection, row) or arrival.held:
            return
        _change(connection, event, step, arrival)
        if referral_id is not None:
            referral_rows.set_fields(connection, referral_id, traceparent=stretch.traceparent)


def _change(connection: Connection, event: Incoming, step: Step | None, arrival: Arrival) -> None:
    now = arrival.at
    match event:
        case events.EventRefused():
            _refused(connection, event, now)
        case events.ConsentEnded() if step is not None:
            _end(connection, event, step, now)
        case events.ClockElapsed() if step is not None:
            referral_rows.add_step(connection, event.referral_id, step, now)
            referral_rows.add_overdue(connection, event.referral_id, event.clock)
        case events.QuestionAsked() if step is not None:
            referral_rows.add_step(connection, event.about_referral, step, now)
        case _ if isinstance(event, Report):
            kind = type(event).__name__
            change_rows.add(connection, None, event.event_id, kind, "", "received", now)
        case _ if isinstance(event, Outgoing) and step is not None:
            _said(connection, event, step, arrival)


def _refused(connection: Connection, event: events.EventRefused, now: datetime) -> None:
    """The router did not take an own event. A receipt that met a pause is owed anew: an answer needs it."""
    referral_id = referral_rows.refuse_step(connection, event.refused_event_id, event.code, now)
    if referral_id is None or event.code != NOT_TAKING_PART:
        return
    view = referral_rows.view_of(connection, referral_id)
    refused = [step for step in view.steps if step.event_id == event.refused_event_id] if view else []
    if view is not None and [step.what for step in refused] == ["received"]:
        own_intents.intend_received(connection, event.event_id, referral_id, view.programme_from, now)


def _said(connection: Connection, event: Outgoing, step: Step, arrival: Arrival) -> None:
    """What one party of the referral said, or, sent back, what this one said before."""
    direction: Direction = "sent" if arrival.echo else "received"
    met = isinstance(event, Opener | events.ReferralDisclosed) and _meet(connection, event, arrival)
    # Asked for before the step is settled, so that from this step on nothing more is shared.
    if rules.withdraws(step.kind, step.what):
        ask_withdrawal(connection, event.referral_id, arrival.at)
    elif rules.completes(step.kind, step.what):
        close_ground(connection, event.referral_id, arrival.at)
    referral_rows.add_step(connection, event.referral_id, step, arrival.at, direction)
    if met:
        _end_before(connection, event, arrival.at)


def _end_before(connection: Connection, event: Outgoing, now: datetime) -> None:
    """The end of its consent was heard of before the referral was."""
    both = [event.consent_id, getattr(event, "return_consent_id", event.consent_id)]
    ended = referral_rows.ending_of(connection, both)
    if ended is not None:
        referral_rows.add_step(connection, event.referral_id, ended, now)


def _meet(connection: Connection, event: Opener | events.ReferralDisclosed, arrival: Arrival) -> bool:
    """Whether this edge had never heard of the referral; now it has."""
    opened = event if isinstance(event, Opener) else None
    view = ReferralView(
        referral_id=event.referral_id,
        direction="sent" if arrival.echo else "received",
        programme_from=event.programme_from,
        programme_to=event.programme_to,
        consent_id=event.consent_id,
        return_consent_id=opened.return_consent_id if opened else "",
        state="consented",
        sub_state=None,
        urgency=opened.urgency if opened else "unspecified",
        answer_by=opened.answer_by if opened else None,
        standing="live",
        purge=None,
        overdue=(),
        updated_at=arrival.at,
        kind=type(event).__name__,
    )
    new = referral_rows.add(connection, view)
    if arrival.echo and opened is not None:
        consent_rows.add(connection, _lost(opened))
    return new


def _lost(event: Opener) -> Consent:
    """The consent behind an own event, without its form: enough to withdraw it, not to share under it."""
    return Consent(
        event.consent_id,
        event.return_consent_id,
        event.referral_id,
        event.programme_from,
        event.programme_to,
        OPEN_END,
        "live",
        None,
        _GROUND_OF.get(type(event).__name__, ""),
    )


def _end(connection: Connection, event: events.ConsentEnded, step: Step, now: datetime) -> None:
    """The sealed bytes go now, whatever else of this inbox is still to be done."""
    inbox_rows.erase_under(connection, event.consent_id)
    consent_rows.forget(connection, event.consent_id, step.what)
    choice_rows.forget(connection, event.referral_id)
    view = referral_rows.view_of(connection, event.referral_id)
    if view is not None:
        if view.state in rules.SERVED:
            # A time that was agreed is nobody's any more.
            referral_rows.set_fields(connection, event.referral_id, reason=None)
        both = [view.consent_id, view.return_consent_id]
        # Two consents end together; the referral's history tells it once.
        if referral_rows.ending_of(connection, both) is None:
            referral_rows.add_step(connection, event.referral_id, step, now)
    referral_rows.note_ending(connection, event.referral_id, event.consent_id, step)


def _row(connection: Connection, arrived: Arrived, arrival: Arrival, step: Step | None) -> dict[str, Any]:
    event = arrived.event
    consent_id: str | None = getattr(event, "consent_id", None)
    state, parts = _state(connection, arrived, arrival, consent_id)
    kept = state != "shut" and not arrival.echo
    return {
        "participant": arrival.participant,
        "event_id": event.event_id,
        "ce_type": arrived.ce_type,
        "what": _what(event, step),
        "referral_id": about(event),
        "consent_id": consent_id,
        "programme_from": event.programme_from,
        "programme_to": event.programme_to,
        "occurred_at": event.occurred_at,
        "received_at": arrival.at,
        "topic": arrival.pointer.topic,
        "partition": arrival.pointer.partition,
        "offset": arrival.pointer.offset,
        "first": isinstance(event, events.ConsentEnded | events.SafeContactChanged),
        "state": state,
        "code": "consent-ended" if state == "shut" else None,
        "parts": parts if kept else 0,
        "value": arrived.value if kept else None,
        "signature": arrived.signature if arrival.held else None,
        "key_id": arrived.key_id,
        "attempts": 0,
        "next_try_at": arrival.at,
        "delivered": "at-least-once",
    }


def _state(
    connection: Connection, arrived: Arrived, arrival: Arrival, consent_id: str | None
) -> tuple[EntryState, int]:
    """What becomes of the message, and how many sealed parts it holds."""
    parts = len(getattr(arrived.event, "parts", ()))
    if arrival.held:
        return "held", parts
    if arrival.echo:
        # It has been delivered where it belongs; here it only tells what was said.
        return "delivered", 0
    over = parts > 0 and consent_id is not None
    ended = over and referral_rows.ending_of(connection, [consent_id or ""]) is not None
    return ("shut" if ended else "waiting"), parts


def _what(event: events.Event, step: Step | None) -> str:
    if isinstance(event, events.EventRefused):
        return event.code
    return step.what if step is not None else ""
