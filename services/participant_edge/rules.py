"""What an event means for this participant's view of a referral, and what it may send. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from participant_edge.views import Direction, PurgeState, ReferralView, Standing, Step
from referral_exchange import events
from referral_exchange.event_kinds import ADDING, FIRST, ONLY_ON_GROUNDS, OPENERS

OPEN = frozenset({"requested", "received", "accepted", "in_progress", "on_hold"})
"""States from which a referral may still go on."""

UNANSWERED = frozenset({"requested", "received"})
"""States in which the sender waits for an answer."""

SERVED = frozenset({"accepted", "in_progress", "on_hold"})
"""States in which the recipient serves and the sender may disclose."""

ENDED = frozenset({"withdrawn", "expired"})
"""Standings of a consent that is over."""

ON_GROUNDS = frozenset({"DocumentSent", "ReferralDisclosed", "TipReported", "WithdrawalAsked"})
"""What may stand on a legal ground in place of a consent."""

SENDERS = OPENERS | {"ReferralDisclosed", "ReferralCancelled", "SafeContactChanged"}
"""What only the sender of a referral says."""

RECIPIENTS = frozenset({"ReferralAnswered", "DocumentAnswered", "ServiceStatusChanged", "PurgeAnswered"})
"""What only the recipient of a referral says."""

ENDING = frozenset({"ReferralCancelled", "PurgeAnswered"})
"""What only ends something: it names its consent even if ended, and is checked by nobody's consent."""


STANDS = frozenset({"seal-again", "id-reused"})
"""Refusals of an event that was taken before: its step stays."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a referral stands after some steps."""

    state: str = "consented"
    sub_state: str | None = None
    standing: Standing = "live"
    purge: PurgeState | None = None


def fold(steps: Iterable[Step]) -> Position:
    """The position after `steps`, in the order this edge learnt of them; refused ones do not count."""
    position = Position()
    for step in steps:
        if step.refused is None:
            position = evolve(position, step)
    return position


def evolve(now: Position, step: Step) -> Position:
    """The position after one step; a step that its state does not allow changes nothing."""
    match step.kind:
        case kind if kind in FIRST and now.state == "consented":
            return replace(now, state="requested")
        case "ReferralAnswered" if now.state in UNANSWERED:
            return replace(now, state="accepted" if step.what == "accepted" else "rejected")
        case "DocumentAnswered" if now.state in UNANSWERED:
            return replace(now, state="accepted")
        case "ServiceStatusChanged":
            return _served(now, *_split(step.what))
        case "ReferralCancelled" if now.state in OPEN:
            return replace(now, state=step.what, sub_state=None)
        case "ConsentEnded":
            return _ended(now, step.what)
        case "PurgeAnswered":
            return _purged(now, step.what)
        case _:
            return now


def step_of(event: events.Event) -> Step | None:
    """The step that `event` is in its referral; None for what is no step."""
    match event:
        case (
            events.ReferralOffered()
            | events.ReferralDisclosed()
            | events.SafeContactChanged()
            | events.DocumentSent()
            | events.DocumentAnswered()
            | events.EmergencyRequested()
            | events.ResourceRequested()
            | events.TipReported()
            | events.ScreeningCompleted()
            | events.WithdrawalAsked()
        ):
            what = ""
        case events.ReferralAnswered():
            what = event.answer
        case events.ReferralCancelled():
            what = event.cancellation
        case events.ServiceStatusChanged():
            what = ":".join(filter(None, (event.state, event.sub_state)))
        case events.ConsentEnded():
            what = event.ending
        case events.PurgeAnswered():
            what = event.purge
        case events.ClockElapsed():
            what = event.clock
        case events.QuestionAsked():
            what = event.question
        case _:
            return None
    kind = type(event).__name__
    return Step(
        event_id=event.event_id, kind=kind, what=what, programme=event.programme_from, at=event.occurred_at
    )


def why_not(view: ReferralView, kind: str, what: str, *, on_ground: bool = False) -> str | None:
    """The code that keeps this participant from saying `kind` (`what`) now; None where it may.

    `on_ground`: the referral stands on a legal ground of this participant, not on a consent.
    """
    speaker: Direction = "sent" if kind in SENDERS else "received"
    if view.direction != speaker:
        return "not-your-programme"
    if kind == "PurgeAnswered":
        return None if view.purge in {"asked", "legal_hold"} else "wrong-state"
    if view.standing != "live" and not _only_ends(kind, what):
        return "consent-ended"
    if kind in OPENERS and kind not in ON_GROUNDS and on_ground:
        return "consent-missing"
    if kind in ONLY_ON_GROUNDS and not on_ground:
        return "ground-missing"
    if speaker == "received" and not view.return_consent_id:
        return "consent-missing"
    return None if view.state in _from(kind, what, on_ground) else "wrong-state"


def withdraws(kind: str, what: str) -> bool:
    """Whether the sender's edge withdraws the consent after this step: on decline and on cancel."""
    return kind == "ReferralCancelled" or (kind, what) == ("ReferralAnswered", "declined")


def completes(kind: str, what: str) -> bool:
    """Whether the recipient says by this step that its service is over."""
    return kind == "ServiceStatusChanged" and _split(what)[0] in {"completed", "failed"}


_BEFORE_RECEIVED = frozenset({"requested"})
_CONSENTED = frozenset({"consented"})
_FROM = {
    "ReferralAnswered": UNANSWERED,
    "DocumentAnswered": UNANSWERED | SERVED,
    "ReferralDisclosed": SERVED,
    "ServiceStatusChanged": SERVED,
    "SafeContactChanged": SERVED,
    "ReferralCancelled": OPEN,
}


def _from(kind: str, what: str, on_ground: bool) -> frozenset[str]:
    """The states from which `kind` may be said."""
    if what == "received":
        return _BEFORE_RECEIVED
    if kind in OPENERS:
        return _CONSENTED | SERVED if kind in ADDING else _CONSENTED
    if kind == "ReferralDisclosed" and on_ground:
        return _CONSENTED | OPEN
    return _FROM[kind]


def _only_ends(kind: str, what: str) -> bool:
    return kind in ENDING or (kind, what) == ("ReferralAnswered", "declined")


def _split(what: str) -> tuple[str, str | None]:
    state, _, sub_state = what.partition(":")
    return state, sub_state or None


def _served(now: Position, state: str, sub_state: str | None) -> Position:
    allowed = _BEFORE_RECEIVED if state == "received" else SERVED
    return replace(now, state=state, sub_state=sub_state) if now.state in allowed else now


def _ended(now: Position, ending: str) -> Position:
    standing: Standing = "withdrawn" if ending == "withdrawn" else "expired"
    ended = replace(now, standing=standing)
    if standing == "withdrawn" and now.purge is None:
        ended = replace(ended, purge="asked")
    if now.state in OPEN or now.state == "consented":
        ended = replace(ended, state="cancelled", sub_state="cancel_requested")
    return ended


def _purged(now: Position, purge: str) -> Position:
    answered: PurgeState = "legal_hold" if purge == "legal_hold" else "purged"
    confirmed = "cancel_confirmed" if now.sub_state == "cancel_requested" else now.sub_state
    return replace(now, purge=answered, sub_state=confirmed)
