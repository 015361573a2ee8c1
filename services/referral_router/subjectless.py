"""What the router decides of events that are about no referral, and so about nobody. Pure."""

from referral_exchange import refusals
from referral_exchange.event_kinds import ADDRESSEES, SAID_ONLY_BY
from referral_router.referral import ROUTER, Incoming, Programmes
from referral_router.rules import OLDEST_MS, PAUSED, misplaced

REPORT = "BadMessageReported"
RESYNC = "ResyncAsked"


def refusal(event: Incoming, now: int, programmes: Programmes) -> str | None:
    """Why `event` goes no further; None where it may. Nothing is remembered: a repeat goes on again."""
    if code := misplaced(event, programmes):
        return code
    if not _may_say(event):
        return refusals.EVENT_NOT_ALLOWED
    if event.occurred_at < now - OLDEST_MS:
        return refusals.TOO_OLD
    if programmes.away and _keeps_away(event, programmes):
        return refusals.NOT_TAKING_PART
    reached = event.programme_to == ROUTER or programmes.participant_of(event.programme_to) is not None
    return None if reached else refusals.UNKNOWN_PROGRAMME


def _may_say(event: Incoming) -> bool:
    """Whether `event` goes from whoever may say it to whoever may be told."""
    if event.kind in SAID_ONLY_BY:
        return event.programme_from == SAID_ONLY_BY[event.kind]
    return event.programme_to in ADDRESSEES.get(event.kind, ())


def _keeps_away(event: Incoming, programmes: Programmes) -> bool:
    """Whether its sender does not take part. Who is paused still reads, and may ask for what it lost."""
    standing = programmes.away.get(event.programme_from, "")
    return standing not in ("", PAUSED) or (standing == PAUSED and event.programme_to != ROUTER)
