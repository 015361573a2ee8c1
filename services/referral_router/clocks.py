"""The clocks of a referral: when one starts, runs out, is told again, and when all may be forgotten."""

from referral_router.referral import Clock, Consent, Referral

UNANSWERED_URGENT = "unanswered-urgent"
"""An urgent or emergency offer that nobody has answered."""

PURGE_OVERDUE = "purge-overdue"
"""A withdrawal to which the recipient has answered neither *purged* nor *legal hold*."""

_URGENT = frozenset({"urgent", "emergency"})


def started(urgency: str, offered_at: int, unanswered_ms: int) -> tuple[Clock, ...]:
    """The clocks of a new offer."""
    if urgency not in _URGENT:
        return ()
    return (Clock(UNANSWERED_URGENT, offered_at + unanswered_ms, elapsed=False),)


def answered(clocks: tuple[Clock, ...]) -> tuple[Clock, ...]:
    """Without the one that waits for an answer; what has elapsed stays known."""
    return _without(UNANSWERED_URGENT, clocks)


def purge_asked(clocks: tuple[Clock, ...], due_at: int) -> tuple[Clock, ...]:
    """With one that waits for the purge; of two withdrawals that wait the first counts."""
    if any(clock.name == PURGE_OVERDUE and not clock.elapsed for clock in clocks):
        return clocks
    return (*clocks, Clock(PURGE_OVERDUE, due_at, elapsed=False))


def purge_answered(clocks: tuple[Clock, ...]) -> tuple[Clock, ...]:
    """Without the one that waits for the purge."""
    return _without(PURGE_OVERDUE, clocks)


def _without(name: str, clocks: tuple[Clock, ...]) -> tuple[Clock, ...]:
    return tuple(clock for clock in clocks if clock.elapsed or clock.name != name)


def elapse(referral: Referral, now: int) -> tuple[Referral, tuple[Clock, ...]]:
    """`referral` with every due clock elapsed, and those clocks."""
    due = tuple(clock for clock in referral.clocks if not clock.elapsed and clock.due_at <= now)
    if not due:
        return referral, ()
    clocks = tuple(clock._replace(elapsed=True) if clock in due else clock for clock in referral.clocks)
    return referral._replace(clocks=clocks, updated_at=now), due


def elapsed(referral: Referral) -> tuple[Clock, ...]:
    """The clocks that have run out and were told of."""
    return tuple(clock for clock in referral.clocks if clock.elapsed)


def may_be_forgotten(referral: Referral, now: int, keep_ms: int) -> bool:
    """Whether it closed, and its last consent ended, at least `keep_ms` ago, and no clock runs in it."""
    if referral.next_due() is not None:
        return False
    if referral.closed_at is None or any(_outlives(consent, now) for consent in referral.consents):
        return False
    ends = (_ended_by(consent, referral.updated_at) for consent in referral.consents)
    return max(referral.closed_at, *ends) + keep_ms <= now


def _outlives(consent: Consent, now: int) -> bool:
    """A ground without a date ends with its referral, and never outlives one that closed."""
    return consent.ends_at is not None and consent.in_force(now)


def _ended_by(consent: Consent, updated_at: int) -> int:
    ends_at = consent.ends_at or updated_at
    # An early end is not dated in the record; it happened at its last change or before.
    return ends_at if consent.standing == "live" else min(ends_at, updated_at)
