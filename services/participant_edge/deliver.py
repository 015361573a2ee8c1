"""Delivers what came in: opens before every attempt, remembers the effect after it, never loses one."""

import logging
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from participant_edge import inbox_rows, own_intents, referral_rows
from participant_edge.delivery import Delivery, Effect, NotDelivered
from participant_edge.errors import OutcomeUnknown, Refused
from participant_edge.inbox_rows import Entry, back_off
from participant_edge.means import Means
from participant_edge.opening import event_of, open_entries
from participant_edge.saying import Opener
from participant_edge.sealing import NotOpened
from participant_edge.views import Once, OpenedPart
from referral_exchange import events, ids, tracing

_AT_ONCE = 100
_LOG = logging.getLogger(__name__)


def turn(means: Means, delivery: Delivery) -> int:
    """Attempts everything that is due; returns how many messages are done with.

    To be called only while the inbox is read to its end: an end of consent further on comes first.
    """
    with means.store.read() as connection:
        due = inbox_rows.due(connection, means.clock.now(), _AT_ONCE)
    return sum(_attempt(means, delivery, entry) for entry in due if not _overtaken(means, entry))


def anything_due(means: Means) -> bool:
    """Whether a message waits whose time has come."""
    with means.store.read() as connection:
        return bool(inbox_rows.due(connection, means.clock.now(), 1))


def _overtaken(means: Means, entry: Entry) -> bool:
    """Whether something that comes first has come in for the referral since this turn began."""
    with means.store.read() as connection:
        return not entry.first and inbox_rows.first_waits(connection, entry.referral_id)


def _attempt(means: Means, delivery: Delivery, entry: Entry) -> bool:
    event = event_of(means, entry)
    name = f"deliver {type(event).__name__}"
    link, about = entry.traceparent, entry.referral_id
    with tracing.stretch(name, "internal", referral_id=about, link=link) as stretch:
        stretch.set(attempt=entry.attempts + 1, messaging_message_id=entry.event_id)
        try:
            opened = _opened(means, delivery, entry)
            if opened is None:
                return True
            delivery.deliver(_effect(entry, event, opened))
        except (NotDelivered, OutcomeUnknown) as error:
            _put_off(means, entry, error)
            return False
        del opened
        means.faults.reach("participant_edge:delivered")
        _remember(means, delivery, entry, event)
    return True


def _opened(means: Means, delivery: Delivery, entry: Entry) -> Sequence[OpenedPart] | None:
    """The parts for this attempt; None where the message is shut for good."""
    if not delivery.opens:
        return ()
    try:
        return open_entries(means, [entry])
    except Refused as refused:
        _shut(means, entry, refused.code)
    except NotOpened as error:
        _LOG.warning("a part of %s does not open (%s); reported", entry.ce_type, error.code)
        _shut(means, entry, "not-openable", report=True)
    return None


def _effect(entry: Entry, event: events.Event, opened: Sequence[OpenedPart]) -> Effect:
    effect_id = ids.derived(entry.event_id, "effect", entry.programme_to)
    return Effect(effect_id=effect_id, event=event, parts=tuple(opened))


def _remember(means: Means, delivery: Delivery, entry: Entry, event: events.Event) -> None:
    now = means.clock.now()
    promised: Once = "at-least-once" if delivery.guard == "none" else "once"
    with means.store.write() as connection:
        if inbox_rows.delivered(connection, entry.place, now, promised):
            _intend(connection, event, now)
    means.wake.set()


def _intend(connection: Connection, event: events.Event, now: datetime) -> None:
    """What opened a referral is acknowledged to its sender, once it is where it belongs."""
    if not isinstance(event, Opener):
        return
    view = referral_rows.view_of(connection, event.referral_id)
    if view is not None and view.state == "requested":
        own_intents.intend_received(connection, event.event_id, event.referral_id, event.programme_from, now)


def _put_off(means: Means, entry: Entry, error: Exception) -> None:
    code = error.code if isinstance(error, NotDelivered) else "ledger-silent"
    wait = back_off(entry.attempts)
    _LOG.warning("%s not delivered (%s); next attempt in %d s", entry.ce_type, code, wait.total_seconds())
    with means.store.write() as connection:
        inbox_rows.put_off(connection, entry.place, means.clock.now() + wait)


def _shut(means: Means, entry: Entry, code: str, *, report: bool = False) -> None:
    with means.store.write() as connection:
        inbox_rows.shut(connection, entry.place, code)
        if report:
            own_intents.intend_report(connection, entry.pointer, code, means.clock.now())
    means.wake.set()
