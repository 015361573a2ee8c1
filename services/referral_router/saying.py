"""What the router says in its own name. Ids and times derive from what caused it: a repeat says the same."""

from referral_exchange import ids, refusals
from referral_exchange.events import ClockElapsed, ConsentEnded, EventRefused
from referral_exchange.events.consent import Purge
from referral_router.by_hand import Progress
from referral_router.consents import ENDINGS
from referral_router.letters import Letter
from referral_router.referral import ROUTER, Clock, Incoming, Referral, Verdict
from referral_router.wire import moment

Told = ClockElapsed | ConsentEnded | EventRefused
"""What the router says to a programme in its own name."""


def source_of(participant: str, event_id: str) -> str:
    """Two participants may use one event id; what comes of them must differ."""
    return f"{participant}/{event_id}"


def refused(event: Incoming, code: str, programme: str) -> EventRefused:
    """Tells `programme` of its participant that `event` was refused. For a stranger: nothing but `code`."""
    return EventRefused(
        event_id=ids.derived(source_of(event.participant, event.event_id), "EventRefused", event.participant),
        occurred_at=moment(event.appended_at),
        programme_from=ROUTER,
        programme_to=programme,
        referral_id=event.referral_id or None,
        refused_event_id=event.event_id,
        code=code,
    )


def lost(referral: Referral, verdict: Verdict, programme: str, cause: str, at: int) -> EventRefused:
    """Tells `programme` that its event was forwarded once, is lost now, and has to be sealed again.

    `cause`: what asked for it at `at` (ms); asked again, it is told again.
    """
    source = f"{cause}/{source_of(verdict.participant, verdict.event_id)}"
    return EventRefused(
        event_id=ids.derived(source, "EventRefused", verdict.participant),
        occurred_at=moment(at),
        programme_from=ROUTER,
        programme_to=programme,
        referral_id=referral.referral_id,
        refused_event_id=verdict.event_id,
        code=refusals.SEAL_AGAIN,
    )


def ended(letter: Letter, programme: str) -> ConsentEnded:
    """Tells `programme` that a consent ended, with the ledger's own signed bytes."""
    fact, headers = letter.event, letter.headers
    return ConsentEnded(
        event_id=ids.derived(source_of(letter.participant, fact.event_id), "ConsentEnded", programme),
        occurred_at=moment(letter.message.appended_ms),
        programme_from=ROUTER,
        programme_to=programme,
        referral_id=fact.referral_id,
        consent_id=fact.consent_id,
        ending="withdrawn" if ENDINGS[fact.kind] == "withdrawn" else "expired",
        ledger_type=headers.get("ce_type", b"").decode("ascii", "replace"),
        ledger_event=letter.message.value or b"",
        ledger_signature=headers.get("signature", b""),
        ledger_key_id=headers.get("key_id", b"").decode("ascii", "replace"),
    )


def elapsed(referral: Referral, clock: Clock) -> ClockElapsed:
    """Tells the sender of an offered `referral` that `clock` ran out."""
    source = f"{referral.referral_id}/{clock.name}/{clock.due_at}"
    return ClockElapsed(
        event_id=ids.derived(source, "ClockElapsed", referral.programme_from or ""),
        occurred_at=moment(clock.due_at),
        programme_from=ROUTER,
        programme_to=referral.programme_from or "",
        referral_id=referral.referral_id,
        clock=clock.name,
        due_at=moment(clock.due_at),
    )


def progressed(
    referral: Referral,
    step: str,
    cause: tuple[str, str],
    now: int,
    received_at: int | None,
    purge: Purge | None = None,
) -> Progress:
    """The step `step` of an offered `referral`, as it is after it. `cause`: participant and event id."""
    due = referral.next_due() if referral.clocks else None
    return Progress(
        ids.derived(source_of(*cause), "ReferralProgressed", "status_board"),
        now,
        referral.referral_id,
        referral.programme_from or "",
        referral.programme_to or "",
        step,
        cause[1],
        referral.state,
        referral.sub_state,
        referral.urgency,
        due.due_at if due else None,
        due.name if due else None,
        referral.trace_id,
        received_at,
        purge,
    )
