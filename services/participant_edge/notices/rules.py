"""Who is to be told now that something waits, and when nobody heard. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, tzinfo
from typing import Literal

from participant_edge.views import PURGE_OVERDUE, ReferralView
from referral_exchange.event_kinds import FIRST

Way = Literal["email", "sms", "webhook"]
Urgency = Literal["routine", "urgent", "emergency"]
URGENCIES: tuple[Urgency, ...] = ("routine", "urgent", "emergency")

OPENED_BY: Mapping[str, frozenset[str]] = {
    "answer-wanted": FIRST,
    "purge-wanted": frozenset({"ConsentEnded"}),
    "unanswered": frozenset({"ClockElapsed"}),
    "accepted": frozenset({"ReferralAnswered"}),
    "declined": frozenset({"ReferralAnswered"}),
    "refused": frozenset({"EventRefused"}),
    "asked": frozenset({"QuestionAsked"}),
}
"""Kinds of matters, and the events that begin one while the referral is in the state of `kinds_waiting`."""

TOLD_ONCE = frozenset({"declined", "refused"})
"""What needs nobody's act here before a clock: its first rung is used, and it climbs no further."""

_SERVED = frozenset({"accepted", "in_progress", "on_hold"})
_FIRST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(minutes=10)
_LONGEST_ASKED = timedelta(minutes=15)
"""A gateway that asks to be left alone for longer is asked again all the same."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the ladder: `after` something began to wait, tell `to` (a contact) by `by`."""

    after: timedelta
    to: str
    by: Way
    urgencies: frozenset[str] = frozenset(URGENCIES)

    @property
    def key(self) -> str:
        """Names the rung for as long as it tells the same contact in the same way at the same time."""
        return f"{self.to}.{self.by}.{int(self.after.total_seconds())}"

    @property
    def gateway(self) -> str:
        """Through what it leaves; every webhook is a gateway of its own."""
        return f"webhook.{self.to}" if self.by == "webhook" else self.by


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of the contact's own day in which only an emergency disturbs. May span midnight."""

    begin: time
    end: time
    zone: tzinfo

    def holds(self, now: datetime) -> bool:
        """Whether `now` lies in these hours."""
        local = now.astimezone(self.zone).timetz().replace(tzinfo=None)
        if self.begin <= self.end:
            return self.begin <= local < self.end
        return local >= self.begin or local < self.end

    @property
    def lasts(self) -> timedelta:
        """How long they last; less than a day."""
        minutes = (self.end.hour - self.begin.hour) * 60 + self.end.minute - self.begin.minute
        return timedelta(minutes=minutes % (24 * 60))


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs by rising time. `patience`: after the last of them, until it is said aloud."""

    rungs: tuple[Rung, ...] = ()
    quiet: Mapping[str, Quiet] = field(default_factory=dict)
    patience: timedelta = timedelta(minutes=15)
    keep_trying: timedelta = timedelta(hours=24)

    def of(self, kind: str, urgency: str) -> tuple[Rung, ...]:
        """The rungs for a matter."""
        asked = urgency if urgency in URGENCIES else "routine"
        rungs = tuple(rung for rung in self.rungs if asked in rung.urgencies)
        return rungs[:1] if kind in TOLD_ONCE else rungs

    def hushed(self, rung: Rung, urgency: str, now: datetime) -> bool:
        """Whether the rung waits for the end of its contact's quiet hours."""
        quiet = self.quiet.get(rung.to)
        return quiet is not None and urgency != "emergency" and quiet.holds(now)

    def longest_hush(self, rungs: Sequence[Rung], urgency: str) -> timedelta:
        """How long quiet hours can hold any of these rungs back."""
        contacts = {rung.to for rung in rungs} if urgency != "emergency" else set()
        return max((quiet.lasts for to, quiet in self.quiet.items() if to in contacts), default=timedelta())


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """Something that waits for somebody here. `cause`: the event that began it."""

    number: int
    kind: str
    referral_id: str
    cause: str
    urgency: str
    since: datetime
    loud_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What became of one rung for one matter. `planned`: stored, perhaps sent, not known as sent."""

    rung: str
    state: Literal["planned", "sent", "given-up"]
    attempts: int
    planned_at: datetime
    next_try_at: datetime
    sent_at: datetime | None = None
    code: str | None = None
    """Why the last attempt failed; None while its end is not known."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done about a matter now. `loud`: the top was reached, and nobody has acknowledged."""

    send: tuple[Rung, ...] = ()
    give_up: tuple[Rung, ...] = ()
    loud: bool = False
    told: bool = False
    """It was to be told once, and has been, or cannot be."""


def kinds_waiting(view: ReferralView) -> frozenset[str]:
    """Kinds of matters that the referral holds for this participant as it stands."""
    mine = _received(view) if view.direction == "received" else _sent(view)
    asked = any(step.kind == "QuestionAsked" for step in view.steps)
    return frozenset(mine | ({"refused"} if view.refusals else set()) | ({"asked"} if asked else set()))


def opens(change_kind: str, view: ReferralView) -> frozenset[str]:
    """Kinds of matters that a change of this kind begins."""
    return frozenset(kind for kind in kinds_waiting(view) if change_kind in OPENED_BY[kind])


def urgency_of(kind: str, view: ReferralView) -> str:
    """How urgent a matter is: as the referral, but what is left to do afterwards can wait for the day."""
    return "routine" if kind == "purge-wanted" else view.urgency


def plan(
    matter: Matter, ladder: Ladder, steps: Mapping[str, Step], down: Collection[str], now: datetime
) -> Plan:
    """What is due. `steps` by rung key; `down`: gateways that are known not to work now.

    A rung is due at its time, or as soon as the rung before it is due and does not get through.
    """
    rungs = ladder.of(matter.kind, matter.urgency)
    states = _states(matter, ladder, rungs, steps, down, now)
    send = tuple(rung for rung, state in states if state in {"send", "again"})
    settled = len(states) == len(rungs) and all(state not in _UNDER_WAY for _, state in states)
    ended = bool(rungs) and all(state in {"sent", "given-up", "give-up"} for _, state in states) and settled
    once = matter.kind in TOLD_ONCE
    return Plan(
        send=send,
        give_up=tuple(rung for rung, state in states if state == "give-up"),
        loud=bool(rungs)
        and not once
        and _unheard(matter, ladder, rungs, steps, now)
        # Rungs that fail and are hushed in turns may never stand still together.
        and (settled or now >= _hushed_until(matter, ladder, rungs) + ladder.patience),
        told=once and ended,
    )


def pause(attempts: int, asked: timedelta | None = None) -> timedelta:
    """How long to leave a gateway alone after `attempts` (1 and up) that failed one after another."""
    doubled = _FIRST_PAUSE * (1 << min(attempts - 1, 10))
    wanted = min(asked, _LONGEST_ASKED) if asked is not None else timedelta()
    return max(min(doubled, _LONGEST_PAUSE), wanted)


_State = Literal["sent", "given-up", "give-up", "hushed", "in-doubt", "waits", "send", "again"]
"""`waits`: its gateway does not work. `in-doubt`: the process died over its only attempt so far."""

_UNDER_WAY = frozenset({"send", "hushed", "in-doubt"})


def _states(
    matter: Matter,
    ladder: Ladder,
    rungs: Sequence[Rung],
    steps: Mapping[str, Step],
    down: Collection[str],
    now: datetime,
) -> list[tuple[Rung, _State]]:
    """The rungs that are due, each with where it stands."""
    found: list[tuple[Rung, _State]] = []
    stuck = False
    for rung in rungs:
        if now < matter.since + rung.after and not stuck:
            break
        state = _state(rung, ladder, steps.get(rung.key), rung.gateway in down, now)
        if state in {"send", "again", "waits", "in-doubt"} and ladder.hushed(rung, matter.urgency, now):
            state = "hushed"
        stuck = state in {"waits", "given-up", "give-up"}
        found.append((rung, state))
    return found


def _state(rung: Rung, ladder: Ladder, step: Step | None, down: bool, now: datetime) -> _State:
    if step is None:
        return "waits" if down else "send"
    if step.state != "planned":
        return step.state
    if now - step.planned_at >= ladder.keep_trying:
        return "give-up"
    if not down and now >= step.next_try_at:
        return "again"
    return "waits" if down or step.code or step.attempts > 1 else "in-doubt"


def _unheard(
    matter: Matter, ladder: Ladder, rungs: Sequence[Rung], steps: Mapping[str, Step], now: datetime
) -> bool:
    sent = [step.sent_at for rung in rungs if (step := steps.get(rung.key)) and step.sent_at]
    if not sent:
        return True
    return now >= max(matter.since + rungs[-1].after, *sent) + ladder.patience


def _hushed_until(matter: Matter, ladder: Ladder, rungs: Sequence[Rung]) -> datetime:
    """By then every rung has been due outside its contact's quiet hours."""
    return matter.since + rungs[-1].after + ladder.longest_hush(rungs, matter.urgency)


def _received(view: ReferralView) -> set[str]:
    waits = set()
    if view.standing == "live" and (view.state in {"requested", "received"} or _document_waits(view)):
        waits.add("answer-wanted")
    if view.purge == "asked":
        waits.add("purge-wanted")
    return waits


def _document_waits(view: ReferralView) -> bool:
    """Whether a document came, while the service goes on, that nobody has answered."""
    kinds = [step.kind for step in view.steps if step.refused is None]
    about = [kind for kind in kinds if kind in {"DocumentSent", "DocumentAnswered"}]
    return view.state in _SERVED and about[-1:] == ["DocumentSent"]


def _sent(view: ReferralView) -> set[str]:
    if PURGE_OVERDUE in view.late:
        return {"unanswered"}
    if view.state in {"requested", "received"} and view.standing == "live":
        return {"unanswered"} if view.overdue else set()
    if view.state == "rejected":
        return {"declined"}
    handed_over = any(step.kind == "ReferralDisclosed" and step.refused is None for step in view.steps)
    offered = any(step.kind == "ReferralOffered" for step in view.steps)
    return {"accepted"} if view.state == "accepted" and offered and not handed_over else set()
