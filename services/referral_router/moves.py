"""The states of a referral and who may move it where, as one table."""

from referral_exchange.event_kinds import ADDING, OPENERS
from referral_router.referral import Role, State

_WITH_RECIPIENT: tuple[State, ...] = ("accepted", "in_progress", "on_hold")
_OPEN: tuple[State, ...] = ("requested", "received", *_WITH_RECIPIENT)
_CLOSED: tuple[State, ...] = ("rejected", "cancelled", "completed", "failed", "entered_in_error")


def _to(target: State, *sources: State) -> dict[State, State]:
    return dict.fromkeys(sources, target)


def _stay(*states: State) -> dict[State, State]:
    return {state: state for state in states}


def _opening(kind: str) -> tuple[Role, dict[State, State]]:
    served = _stay(*_WITH_RECIPIENT) if kind in ADDING else {}
    return "sender", _to("requested", "consented") | served


MOVES: dict[tuple[str, str], tuple[Role, dict[State, State]]] = {
    **{(kind, ""): _opening(kind) for kind in OPENERS},
    ("ServiceStatusChanged", "received"): ("recipient", _to("received", "requested")),
    ("ReferralAnswered", "accepted"): ("recipient", _to("accepted", "received")),
    # A decline or a cancellation that crossed the end of the consent changes nothing more, and is still told.
    ("ReferralAnswered", "declined"): ("recipient", _to("rejected", "received") | _stay("cancelled")),
    ("ReferralCancelled", "cancelled"): ("sender", _to("cancelled", *_OPEN) | _stay("cancelled")),
    ("ReferralCancelled", "entered_in_error"): ("sender", _to("entered_in_error", *_OPEN)),
    ("DocumentAnswered", ""): ("recipient", _to("accepted", "received") | _stay(*_WITH_RECIPIENT)),
    # Before an acceptance under a ground only: who must report waits for nobody.
    ("ReferralDisclosed", ""): ("sender", _to("requested", "consented") | _stay(*_OPEN)),
    ("SafeContactChanged", ""): ("sender", _stay(*_WITH_RECIPIENT)),
    ("ServiceStatusChanged", "in_progress"): ("recipient", _to("in_progress", *_WITH_RECIPIENT)),
    ("ServiceStatusChanged", "on_hold"): ("recipient", _to("on_hold", *_WITH_RECIPIENT)),
    ("ServiceStatusChanged", "completed"): ("recipient", _to("completed", *_WITH_RECIPIENT)),
    ("ServiceStatusChanged", "failed"): ("recipient", _to("failed", *_WITH_RECIPIENT)),
    ("PurgeAnswered", "purged"): ("recipient", _stay(*_OPEN, *_CLOSED)),
    ("PurgeAnswered", "legal_hold"): ("recipient", _stay(*_OPEN, *_CLOSED)),
}
"""By event type and what it says: who may say it, and the state it leads to by the state it meets."""
