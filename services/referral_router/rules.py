"""What the router decides of an event in an outbox, and what the referral becomes. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from referral_exchange import refusals
from referral_exchange.event_kinds import ONLY_ON_GROUNDS, OPENERS
from referral_router import clocks
from referral_router.moves import MOVES
from referral_router.referral import (
    COMMITTED,
    TERMINAL,
    Clock,
    Consent,
    Incoming,
    Programmes,
    Referral,
    Role,
    State,
    Verdict,
)

OLDEST_MS = 30 * 24 * 3600 * 1000
"""An event that occurred longer ago is refused. A record outlives its last event by more than this."""

MOST_EVENTS = 200
"""Verdicts a referral may hold. One more event is refused, so that no verdict is ever forgotten."""

RESERVE = 20
"""Verdicts beyond `MOST_EVENTS`, for events that only end something: those still get through."""

DOCUMENT_SENT = "DocumentSent"
DOCUMENT_ANSWERED = "DocumentAnswered"
ANSWERED = "ReferralAnswered"
CANCELLED = "ReferralCancelled"
DISCLOSED = "ReferralDisclosed"
SAFE_CONTACT = "SafeContactChanged"
STATUS = "ServiceStatusChanged"
PURGED = "PurgeAnswered"

UNACCEPTED = frozenset({"consented", "requested", "received"})
"""States in which nothing but a ground lets identity go."""

PAUSED = "paused"
"""Standing of a participant from which an event that only ends something still passes."""

_NEEDS_PARTS = frozenset({DISCLOSED, SAFE_CONTACT, DOCUMENT_SENT, DOCUMENT_ANSWERED})
_ANSWERS = frozenset({ANSWERED, DOCUMENT_ANSWERED})


class Decision(NamedTuple):
    """`code` is `committed` or a refusal code. `kept`: the verdict goes into the record."""

    code: str
    kept: bool = False
    repeated: bool = False

    @property
    def committed(self) -> bool:
        """Whether the event goes on to its recipient."""
        return self.code == COMMITTED


def decide(referral: Referral | None, event: Incoming, now: int, programmes: Programmes) -> Decision:
    """The verdict on `event`. A repeat gets the verdict it had; nothing is decided twice.

    Refusals of what is misplaced or comes from a stranger are not kept: they follow from the event
    alone, and a stranger must neither learn of a record nor fill it.
    """
    if code := misplaced(event, programmes):
        return Decision(code)
    if referral is None or not referral.concerns(event.programme_from):
        return Decision(refusals.UNKNOWN)
    if known := referral.verdict(event.participant, event.event_id):
        same = known.fingerprint == event.fingerprint
        return Decision(known.code, repeated=True) if same else Decision(refusals.ID_REUSED)
    if len(referral.verdicts) >= MOST_EVENTS + RESERVE * only_ends(event):
        return Decision(refusals.TOO_MANY_EVENTS)
    return Decision(_refusal(referral, event, now, programmes) or COMMITTED, kept=True)


def evolve(referral: Referral, event: Incoming, decision: Decision, now: int, unanswered_ms: int) -> Referral:
    """`referral` after `event` was decided; the same one where nothing is to be remembered.

    `unanswered_ms`: how long an urgent opener may wait for its answer.
    """
    if not decision.kept:
        return referral
    verdict = Verdict(event.participant, event.event_id, event.offset, decision.code, event.fingerprint)
    verdicts = (*referral.verdicts, verdict)
    if not decision.committed:
        return referral._replace(verdicts=verdicts, updated_at=now)
    if referral.state == "consented":
        return _opened(referral, event, verdicts, now, unanswered_ms)
    return _moved(referral, event, verdicts, now)


def only_ends(event: Incoming) -> bool:
    """Whether `event` shares nothing and only ends something: it may name a consent that has ended."""
    declines = event.kind == ANSWERED and event.said == "declined" and event.parts == 0
    return declines or event.kind in (CANCELLED, PURGED)


def misplaced(event: Incoming, programmes: Programmes) -> str | None:
    """The refusal code of an event that its sender may not send from there; None where it may."""
    if not event.listed:
        return refusals.EVENT_NOT_ALLOWED
    if programmes.participant_of(event.programme_from) != event.participant:
        return refusals.NOT_YOUR_PROGRAMME
    if event.key != (event.referral_id or event.event_id):
        return refusals.WRONG_KEY
    return None if event.in_its_partition else refusals.WRONG_PARTITION


def _refusal(referral: Referral, event: Incoming, now: int, programmes: Programmes) -> str | None:
    if event.occurred_at < now - OLDEST_MS:
        return refusals.TOO_OLD
    if (move := MOVES.get((event.kind, event.said))) is None or _unspecified(event):
        return refusals.UNSPECIFIED
    if _lacks_parts(event):
        return refusals.PARTS_MISSING
    away = event.programme_from in programmes.away or event.programme_to in programmes.away
    if away and _stopped(event, programmes.away):
        return refusals.NOT_TAKING_PART
    if only_ends(event):
        code = _ending_refusal(referral, event, now, away)
    else:
        code = _consent_refusal(referral, event, now)
    if code:
        return code
    if programmes.participant_of(event.programme_to) is None:
        return refusals.UNKNOWN_PROGRAMME
    # What only ends something is never barred: whoever may not share may still stop.
    if not only_ends(event) and (code := programmes.barred(event.programme_from, event.programme_to)):
        return code
    return None if _allowed(referral, event, *move) else refusals.WRONG_STATE


def _stopped(event: Incoming, away: Mapping[str, str]) -> bool:
    """Whether an event goes no further where one of its two is away: who is paused may still end something,
    and who is away is told of an end."""
    return not only_ends(event) or away.get(event.programme_from, PAUSED) != PAUSED


def _unspecified(event: Incoming) -> bool:
    return event.sub_state == "unspecified" or (event.urgency == "unspecified" and event.kind in OPENERS)


def _lacks_parts(event: Incoming) -> bool:
    if event.kind in _NEEDS_PARTS:
        return event.parts == 0
    if event.kind in OPENERS:
        return event.parts != 1
    return event.kind == ANSWERED and event.parts == 0 and not only_ends(event)


def _consent_refusal(referral: Referral, event: Incoming, now: int) -> str | None:
    sender, recipient = event.programme_from, event.programme_to
    if code := _not_covered(referral.consent(event.consent_id), sender, recipient, now):
        return code
    if event.kind in ONLY_ON_GROUNDS and not referral.stands_on_ground(event.consent_id):
        return refusals.GROUND_MISSING
    # Without a way back under consent the recipient could not even say that it has what was sent.
    if event.kind in OPENERS:
        return _not_covered(referral.consent(event.return_consent_id), recipient, sender, now)
    if event.kind == DISCLOSED and referral.state == "consented":
        back = (_not_covered(held, recipient, sender, now) for held in referral.consents)
        return None if None in back else refusals.CONSENT_MISSING
    return None


def _not_covered(held: Consent | None, sender: str, recipient: str, now: int) -> str | None:
    if held is None or (held.programme_from, held.programme_to) != (sender, recipient):
        return refusals.CONSENT_MISSING
    return None if held.in_force(now) else refusals.CONSENT_ENDED


def _ending_refusal(referral: Referral, event: Incoming, now: int, away: bool) -> str | None:
    held = referral.consent(event.consent_id)
    if held is None or {held.programme_from, held.programme_to} != {event.programme_from, event.programme_to}:
        return refusals.CONSENT_MISSING
    if event.kind == CANCELLED or not held.in_force(now):
        return None
    if event.kind == ANSWERED:
        # While the consent lives a decline gives its reason, unless nothing may be sealed for who is away.
        return None if away else refusals.PARTS_MISSING
    return refusals.WRONG_STATE  # there is nothing to purge yet


def _allowed(referral: Referral, event: Incoming, role: Role, by_state: Mapping[State, State]) -> bool:
    if event.sub_state is not None and event.said != "in_progress":
        return False
    if referral.state not in by_state:
        return False
    unaccepted = event.kind == DISCLOSED and referral.state in UNACCEPTED
    if unaccepted and not referral.stands_on_ground(event.consent_id):
        return False
    if referral.state == "consented":
        return True
    return event.programme_from == (referral.programme_from if role == "sender" else referral.programme_to)


def _opened(
    referral: Referral, event: Incoming, verdicts: tuple[Verdict, ...], now: int, unanswered_ms: int
) -> Referral:
    return Referral(
        referral.referral_id,
        event.programme_from,
        event.programme_to,
        "requested",
        referral.sub_state,
        event.urgency,
        referral.consents,
        clocks.started(event.urgency, event.appended_at, unanswered_ms),
        verdicts,
        referral.trace_id,
        now,
    )


def _moved(referral: Referral, event: Incoming, verdicts: tuple[Verdict, ...], now: int) -> Referral:
    _, by_state = MOVES[event.kind, event.said]
    state = by_state[referral.state]
    return referral._replace(
        state=state,
        sub_state=_sub_state(referral, event, moved=state != referral.state),
        clocks=_clocks(referral, event, state),
        verdicts=verdicts,
        updated_at=now,
        closed_at=referral.closed_at or (now if state in TERMINAL else None),
    )


def _clocks(referral: Referral, event: Incoming, state: State) -> tuple[Clock, ...]:
    if event.kind == PURGED:
        return clocks.purge_answered(referral.clocks)
    over = event.kind in _ANSWERS or state in TERMINAL
    return clocks.answered(referral.clocks) if over else referral.clocks


def _sub_state(referral: Referral, event: Incoming, *, moved: bool) -> str | None:
    if event.kind == STATUS:
        return event.sub_state
    if event.kind == PURGED and referral.sub_state == "cancel_requested":
        return "cancel_confirmed"
    return None if moved else referral.sub_state
