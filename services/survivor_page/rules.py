"""What a person is shown of each consent, and when what has no answer yet is asked again. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from referral_exchange.events import ParticipantListed, ProgrammeListed

DIGITS = 9

REPEATED_FOR = timedelta(days=7)
"""For so long the ledger takes what a session asked for; after it nobody but the caseworker can."""

Kind = Literal["police", "government", "tribal", "home", "law", "health", "talk", "support", "work", "group"]
"""What an organisation is, in place of its name and place."""

State = Literal["shared", "stopping", "stopped", "over", "paused"]
Purge = Literal["purged", "legal_hold", "asked"]

QUESTIONS = ("who_is_this", "why_this", "what_was_seen", "please_reach_me")
"""What she may ask about one of them; `check_on_me` is asked by itself when she takes something back."""

FEEDBACK = ("asked_first", "understood", "safe", "in_time", "got_help", "in_my_language")
ANSWERS = ("yes", "partly", "no", "not_my_case")

_BY_SERVICE: Mapping[str, Kind] = {
    "Housing Services": "home",
    "Legal Services": "law",
    "Medical and Dental Services": "health",
    "Mental Health Services": "talk",
    "Case Management Services": "support",
    "Safety Planning": "support",
    "Employment Services": "work",
    "Educational Services": "work",
}
"""The first of these that a programme offers says what it is."""

_GOVERNMENT = frozenset({"federal_agency", "state_agency", "territorial_agency", "local_agency"})


@dataclass(frozen=True, slots=True, repr=False)
class Opened:
    """The recipient opened this then."""

    data_class: str
    at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Shared:
    """One consent as the ledger shows it to its person."""

    consent_id: str
    referral_id: str
    discloser: str
    recipient: str
    data_classes: tuple[str, ...]
    given_at: datetime
    ends_at: datetime | None
    standing: str
    ended_at: datetime | None
    opened: tuple[Opened, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Purged:
    """What the recipient says became of what it had opened."""

    purge: str
    at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Line:
    """One consent as the page says it."""

    shared: Shared
    kind: Kind
    state: State
    purge: Purge | None
    purged_at: datetime | None

    @property
    def may_stop(self) -> bool:
        """Whether there is something to take back."""
        return self.state in ("shared", "paused")


def code_in(typed: str) -> str:
    """The digits of a code as it was typed, with spaces or dashes between; empty for anything else."""
    digits = "".join(c for c in typed if c not in " -.\u00a0\u2010\u2011\u2013")
    return digits if len(digits) == DIGITS and digits.isascii() and digits.isdigit() else ""


def kind_of(programme: ProgrammeListed | None, participant: ParticipantListed | None) -> Kind:
    """What the recipient is. One that the directory has lost is a group like others."""
    if programme is not None and programme.role == "enforcement":
        return "police"
    if participant is not None and participant.kind in _GOVERNMENT:
        return "government"
    if participant is not None and participant.kind == "tribal_nation":
        return "tribal"
    offered = frozenset(programme.services) if programme else frozenset()
    return next((kind for service, kind in _BY_SERVICE.items() if service in offered), "group")


def line_of(shared: Shared, kind: Kind, *, asked: bool, purged: Purged | None) -> Line:
    """How a consent stands. `asked`: she took it back here, and the ledger has not said so yet."""
    state = _state(shared.standing, asked=asked)
    purge = _purge(shared, purged) if state == "stopped" else None
    told = purged.at if purged is not None and purge in ("purged", "legal_hold") else None
    return Line(shared, kind, state, purge, told)


def _state(standing: str, *, asked: bool) -> State:
    if standing == "withdrawn":
        return "stopped"
    if standing == "expired":
        return "over"
    if asked:
        return "stopping"
    return "paused" if standing == "suspended" else "shared"


def _purge(shared: Shared, purged: Purged | None) -> Purge | None:
    """Nothing was asked of one that had opened nothing, unless it answered all the same."""
    if purged is not None and purged.purge in ("purged", "legal_hold"):
        return "purged" if purged.purge == "purged" else "legal_hold"
    return "asked" if shared.opened else None


def back_off(attempts: int) -> timedelta:
    """How long to wait after so many attempts without an answer: 1 s, 2 s, ... 5 minutes."""
    return timedelta(seconds=min(300, 2 ** min(attempts - 1, 9)))


def given_up(asked_at: datetime, now: datetime) -> bool:
    """Whether the ledger does not know the session any more."""
    return now >= asked_at + REPEATED_FOR


def chosen(shown: Sequence[Shared], which: str) -> list[Shared]:
    """Those that she means: one by its id, or `all` that can still be taken back."""
    if which == "all":
        return [each for each in shown if each.standing in ("live", "suspended")]
    return [each for each in shown if each.consent_id == which]
