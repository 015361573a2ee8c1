"""What may be done next with a referral, what waits and how long, and how long a consent may last."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from participant_edge.views import PURGE_OVERDUE, Current, ReferralView, Step
from referral_exchange.event_kinds import ONLY_ON_GROUNDS

Action = Literal[
    "open",
    "answer",
    "disclose",
    "change-contact",
    "pick",
    "report-status",
    "answer-purge",
    "withdraw",
    "cancel",
]
"""What a participant may do with a referral it sees."""

Lane = Literal["needs-you", "waits-for-others", "going-on", "closed"]
"""Where a referral stands on the inbox page."""

LANES: tuple[Lane, ...] = ("needs-you", "waits-for-others", "going-on", "closed")
"""In the order of the page."""

USUAL_CONSENT = timedelta(days=30)
LONGEST_CONSENT = timedelta(days=366)
"""A year at most, leap years too."""

CONSENT_DAYS = (30, 7, 90, 180, 365)
"""Lengths of a consent that the page offers, the usual one first."""

STILL_SOUGHT = timedelta(hours=24)
"""How long a no stays before the sender's eyes: the person still has no place."""

TO_CHECK = timedelta(hours=72)
"""How long a yes that was taken back elsewhere stays in sight: somebody must see how the person is."""

NEWS = timedelta(hours=24)
"""How far back the first page tells what changed."""

UNANSWERED = frozenset({"requested", "received"})
"""States, in wire form, of an offer that waits for its answer."""

_RUNNING = frozenset({"accepted", "in_progress", "on_hold"})
OPEN = frozenset({"consented"}) | UNANSWERED | _RUNNING
"""States, in wire form, in which a referral can still move."""

_URGENCIES = ("emergency", "urgent", "routine", "unspecified")


def actions(view: ReferralView, *, several: bool = False) -> frozenset[Action]:
    """What the viewer may do now; the edge and the policy still have the last word.

    `several`: it was offered to others too, among whom the person picks.
    """
    return frozenset(_as_sender(view, several) if view.direction == "sent" else _as_recipient(view))


def _as_sender(view: ReferralView, several: bool) -> set[Action]:
    if view.standing != "live":
        return set()
    if view.kind in ONLY_ON_GROUNDS:
        return {"open", "cancel"} if view.state in UNANSWERED | _RUNNING else {"open"}
    allowed: set[Action] = {"open", "withdraw"}
    if view.state in _RUNNING:
        allowed |= {"disclose", "change-contact"}
    if view.state == "accepted" and several:
        allowed.add("pick")
    if view.state in UNANSWERED | _RUNNING:
        allowed.add("cancel")
    return allowed


def _as_recipient(view: ReferralView) -> set[Action]:
    allowed: set[Action] = {"answer-purge"} if view.purge in ("asked", "legal_hold") else set()
    if view.standing != "live":
        return allowed
    allowed.add("open")
    if view.state in UNANSWERED:
        allowed.add("answer")
    if view.state in _RUNNING:
        allowed.add("report-status")
    return allowed


def lane(view: ReferralView, disclosed: bool, now: datetime) -> Lane:
    """Where `view` belongs. `disclosed`: see `handed_over`; a view in a list has no steps to tell."""
    if "answer" in actions(view) or (view.direction == "received" and view.purge == "asked"):
        return "needs-you"
    if next_step(view, disclosed) == "ask_other" and now - view.updated_at < STILL_SOUGHT:
        return "needs-you"
    if view.direction == "sent" and PURGE_OVERDUE in view.late:
        return "needs-you"
    if view.direction == "sent" and (view.standing == "withdrawing" or view.purge == "asked"):
        return "waits-for-others"
    if view.state not in OPEN or view.standing != "live":
        return "closed"
    if view.direction == "sent":
        return _lane_of_sent(view, disclosed)
    return "needs-you" if view.state == "accepted" and disclosed else "going-on"


def _lane_of_sent(view: ReferralView, disclosed: bool) -> Lane:
    if view.late or view.state == "consented" or (view.state == "accepted" and not disclosed):
        return "needs-you"
    return "waits-for-others" if view.state in UNANSWERED else "going-on"


NextStep = Literal["", "delete", "not_sent", "hand_over", "say_status", "ask_other"]
"""What to do next, where it is not an answer; names of texts."""


def next_step(view: ReferralView, disclosed: bool) -> NextStep:
    """The one thing to do next; empty where there is nothing, or where an answer is awaited."""
    if view.direction == "received":
        if view.purge == "asked":
            return "delete"
        asks_for_help = view.kind not in ONLY_ON_GROUNDS
        return "say_status" if view.state == "accepted" and disclosed and asks_for_help else ""
    if view.state in ("rejected", "failed"):
        return "ask_other"
    if view.standing != "live":
        return ""
    if view.state == "accepted" and not disclosed:
        return "hand_over"
    return "not_sent" if view.state == "consented" else ""


def nothing_to_hand_over(found: Current, later: Collection[str]) -> bool:
    """Whether nothing more goes out: the name did, or was not agreed to. `later`: classes after a yes."""
    view = found.view
    if view.kind in ONLY_ON_GROUNDS or handed_over(view):
        return True
    return view.direction == "sent" and not found.covered & frozenset(later)


def to_check(found: Current, now: datetime) -> bool:
    """Whether the yes was taken back lately and not from here, so that nobody here has seen the person."""
    view = found.view
    if view.direction != "sent" or view.standing != "withdrawn" or found.taken_back_here:
        return False
    ended = [step.at for step in view.steps if (step.kind, step.what) == ("ConsentEnded", "withdrawn")]
    return any(now - at < TO_CHECK for at in ended)


def news_of(view: ReferralView, since: datetime) -> list[Step]:
    """What others said or did after `since`, and what was not taken of ours."""
    mine = view.programme_from if view.direction == "sent" else view.programme_to
    return [
        step
        for step in view.steps
        if step.at > since and (step.programme != mine or step.refused) and step.what != "received"
    ]


def handed_over(view: ReferralView) -> bool:
    """Whether the name, or what else was agreed, went out; needs the view's steps."""
    return any(step.kind == "ReferralDisclosed" and step.refused is None for step in view.steps)


def waits_since(view: ReferralView) -> datetime:
    """Since when it waits: an unanswered offer since it was made, whatever happened to it on the way."""
    made = [step.at for step in view.steps if step.kind == "ReferralOffered"]
    return min(view.updated_at, *made) if made and view.state in UNANSWERED else view.updated_at


def first_come(view: ReferralView) -> tuple[int, datetime]:
    """Sort key: the most urgent first, then the one that has waited longest."""
    known = view.urgency if view.urgency in _URGENCIES else "unspecified"
    return _URGENCIES.index(known), waits_since(view)


@dataclass(frozen=True, slots=True)
class Waited:
    """A time span in the largest whole unit that fits; `count` 0: less than a minute."""

    count: int
    unit: Literal["minute", "hour", "day"]


def waited(since: datetime, now: datetime) -> Waited:
    """How long something has waited; a clock that is ahead counts as just now."""
    minutes = max(0, int((now - since).total_seconds() // 60))
    if minutes < 60:
        return Waited(minutes, "minute")
    return Waited(minutes // 60, "hour") if minutes < 48 * 60 else Waited(minutes // (24 * 60), "day")


Scope = Literal["read", "write", "open", "withdraw", "admin"]
"""What a token may do: look; send, answer, report; see what came in; take a yes back; manage the bridge."""

_KEPT_BY_ADMINS = ("/v1/tokens", "/v1/webhooks")


def scope_needed(method: str, path: str) -> Scope:
    """The scope that a call of the API needs. What is not known needs the widest that fits: `write`."""
    if path.startswith(_KEPT_BY_ADMINS):
        return "admin"
    if method in ("GET", "HEAD"):
        return "read"
    if path.startswith("/v1/withdrawals"):
        return "withdraw"
    return "open" if path.endswith("/openings") else "write"


DateFault = Literal["signed-before-explained", "ends-before-signed", "ends-too-late"]
"""What is wrong with a consent's three dates."""


def date_fault(explained_at: datetime, signed_at: datetime, ends_at: datetime) -> DateFault | None:
    """The first thing wrong with the dates; None where they can stand."""
    if signed_at < explained_at:
        return "signed-before-explained"
    if ends_at <= signed_at:
        return "ends-before-signed"
    return "ends-too-late" if ends_at - signed_at > LONGEST_CONSENT else None


CapacityFault = Literal["room-does-not-fit", "ends-before-it-starts", "valid-too-long"]
"""What is wrong with a report of room."""

LONGEST_CAPACITY = timedelta(days=31)
"""How long a report of room may be believed; after that it misleads."""


def capacity_fault(
    code: str, room: int | None, as_of: datetime, valid_until: datetime
) -> CapacityFault | None:
    """The first thing wrong with a report of room; None where it can stand."""
    if room is not None and (room > 0) != (code == "capacity") and code in ("capacity", "no-capacity"):
        return "room-does-not-fit"
    if valid_until <= as_of:
        return "ends-before-it-starts"
    return "valid-too-long" if valid_until - as_of > LONGEST_CAPACITY else None
