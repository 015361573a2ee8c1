"""What a believed message does to this edge's memory. One transaction with its own row in the inbox."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from participant_edge import consent_rows, inbox_rows, referral_rows, rules
from participant_edge.inbox_rows import Pointer
from participant_edge.publishing import ask_withdrawal
from participant_edge.verification import Arrived
from participant_edge.views import ReferralView, Step
from referral_exchange import events, tracing


@dataclass(frozen=True, slots=True)
class Arrival:
    """Whose participant sent it, where it stands and when it came. `held`: kept, but not applied yet."""

    participant: str
    pointer: Pointer
    at: datetime
    held: bool


def apply(connection: Connection, arrived: Arrived, arrival: Arrival) -> None:
    """Remembers the message, and what it changes in the view of its referral."""
    event = arrived.event
    name = f"receive {type(event).__name__}"
    link, about = arrived.traceparent, event.referral_id
    with tracing.stretch(name, "consumer", referral_id=about, link=link) as stretch:
        stretch.set(messaging_kafka_offset=arrival.pointer.offset, messaging_message_id=event.event_id)
        step = rules.step_of(event)
        row = _row(connection, arrived, arrival, step) | {"traceparent": stretch.traceparent}
        if not inbox_rows.add(connection, row) or arrival.held:
            return
        _change(connection, event, step, arrival.at)
        if about is not None:
            referral_rows.set_fields(connection, about, traceparent=stretch.traceparent)


def _change(connection: Connection, event: events.Event, step: Step | None, now: datetime) -> None:
    match event:
        case events.EventRefused():
            referral_rows.refuse_step(connection, event.refused_event_id, event.code, now)
        case events.ConsentEnded() if step is not None:
            _end(connection, event, step, now)
        case events.ReferralOffered() if step is not None:
            _offered(connection, event, step, now)
        case events.ClockElapsed() if step is not None:
            referral_rows.add_step(connection, event.referral_id, step, now)
            referral_rows.add_overdue(connection, event.referral_id, event.clock)
        case (
            events.ReferralAnswered()
            | events.ReferralDisclosed()
            | events.ReferralCancelled()
            | events.ServiceStatusChanged()
            | events.PurgeAnswered()
            | events.SafeContactChanged()
        ) if step is not None:
            referral_rows.add_step(connection, event.referral_id, step, now)
            if rules.withdraws(step.kind, step.what):
                ask_withdrawal(connection, event.referral_id, now)


def _offered(connection: Connection, event: events.ReferralOffered, step: Step, now: datetime) -> None:
    view = ReferralView(
        referral_id=event.referral_id,
        direction="received",
        programme_from=event.programme_from,
        programme_to=event.programme_to,
        consent_id=event.consent_id,
        return_consent_id=event.return_consent_id,
        state="consented",
        sub_state=None,
        urgency=event.urgency,
        answer_by=event.answer_by,
        standing="live",
        purge=None,
        overdue=(),
        updated_at=now,
    )
    referral_rows.add(connection, view)
    referral_rows.add_step(connection, event.referral_id, step, now)
    ended = referral_rows.ending_of(connection, [event.consent_id, event.return_consent_id])
    if ended is not None:
        referral_rows.add_step(connection, event.referral_id, ended, now)


def _end(connection: Connection, event: events.ConsentEnded, step: Step, now: datetime) -> None:
    """The sealed bytes go now, whatever else of this inbox is still to be done."""
    inbox_rows.erase_under(connection, event.consent_id)
    consent_rows.forget(connection, event.consent_id, step.what)
    view = referral_rows.view_of(connection, event.referral_id)
    if view is not None:
        both = [view.consent_id, view.return_consent_id]
        # Two consents end together; the referral's history tells it once.
        if referral_rows.ending_of(connection, both) is None:
            referral_rows.add_step(connection, event.referral_id, step, now)
    referral_rows.note_ending(connection, event.referral_id, event.consent_id, step)


def _row(connection: Connection, arrived: Arrived, arrival: Arrival, step: Step | None) -> dict[str, Any]:
    event = arrived.event
    parts = len(getattr(event, "parts", ()))
    consent_id: str | None = getattr(event, "consent_id", None)
    shut = (
        parts > 0 and consent_id is not None and referral_rows.ending_of(connection, [consent_id]) is not None
    )
    state = "held" if arrival.held else "shut" if shut else "waiting"
    return {
        "participant": arrival.participant,
        "event_id": event.event_id,
        "ce_type": arrived.ce_type,
        "what": _what(event, step),
        "referral_id": event.referral_id,
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
        "parts": 0 if shut else parts,
        "value": None if shut else arrived.value,
        "signature": arrived.signature if arrival.held else None,
        "key_id": arrived.key_id,
        "attempts": 0,
        "next_try_at": arrival.at,
        "delivered": "at-least-once",
    }


def _what(event: events.Event, step: Step | None) -> str:
    if isinstance(event, events.EventRefused):
        return event.code
    return step.what if step is not None else ""
