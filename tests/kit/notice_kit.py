"""An edge that only changes, a clock that is turned by hand, and ways out that do as they are told."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from participant_edge.errors import UnknownThing
from participant_edge.notices.notices import Notices
from participant_edge.notices.outcomes import Delivered, Failed, Outcome
from participant_edge.notices.rules import Ladder, Rung
from participant_edge.notices.settings import NoticeSettings
from participant_edge.notices.store import NoticeStore
from participant_edge.own_memory import OwnMemory
from participant_edge.views import Change, ReferralView, Step
from referral_exchange.ids import derived

START = datetime(2031, 5, 6, 14, 0, tzinfo=UTC)
MEMORY = OwnMemory(bytes(range(32)))
MINUTE = timedelta(minutes=1)
LADDER = Ladder(
    (
        Rung(timedelta(), "duty", "email"),
        Rung(5 * MINUTE, "duty", "sms"),
        Rung(20 * MINUTE, "supervisor", "sms"),
        Rung(40 * MINUTE, "operator", "email"),
    )
)


def an_id(name: str) -> str:
    return derived(name, "notice-test", "")


class HandClock:
    """Stands still until it is moved."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def pass_by(self, span: timedelta) -> None:
        self.at += span


class PaperEdge:
    """Keeps views and numbers their changes, as the real one does."""

    def __init__(self, clock: HandClock) -> None:
        self.clock = clock
        self.views: dict[str, ReferralView] = {}
        self.said: list[Change] = []
        self.first = 1
        self._news = threading.Condition()

    def changes(self, after: int, limit: int = 100) -> Sequence[Change]:
        return [change for change in self.said if change.number > after][:limit]

    def wait_for_changes(self, after: int, timeout_s: float) -> bool:
        with self._news:
            return self._news.wait_for(lambda: bool(self.changes(after, 1)), min(timeout_s, 0.05))

    def referral(self, referral_id: str) -> ReferralView:
        if referral_id not in self.views:
            raise UnknownThing("no such referral")
        return self.views[referral_id]

    def change(self, name: str, kind: str, what: str = "", **fields: Any) -> Change:
        """The referral `name` now has these fields, because of this event."""
        referral_id = an_id(name)
        known = self.views.get(referral_id) or a_view(name)
        number = self.said[-1].number + 1 if self.said else self.first
        event_id = an_id(f"{name} {kind} {number}")
        step = Step(event_id=event_id, kind=kind, what=what, programme="harbor-shelter", at=self.clock.at)
        self.views[referral_id] = replace(known, steps=(*known.steps, step), **fields)
        made = Change(
            number=number,
            referral_id=referral_id,
            event_id=event_id,
            kind=kind,
            what=what,
            direction="received",
            at=self.clock.at,
        )
        with self._news:
            self.said.append(made)
            self._news.notify_all()
        return made

    def offered(self, name: str, urgency: str = "urgent") -> Change:
        return self.change(name, "ReferralOffered", urgency=urgency, state="received")

    def answered(self, name: str) -> Change:
        return self.change(name, "ReferralAnswered", "accepted", state="accepted")


class PaperWays:
    """Notes who was told; a gateway that has an outcome in `broken` answers that."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.tried: list[tuple[str, str]] = []
        self.payloads: list[list[dict[str, Any]]] = []
        self.broken: dict[str, Outcome | BaseException] = {}

    def tell(self, rung: Rung, message_id: str, told: list[dict[str, Any]], at: datetime) -> Outcome:
        self.tried.append((rung.to, rung.by))
        self.ids.append(message_id)
        outcome = self.broken.get(rung.gateway, Delivered())
        if isinstance(outcome, BaseException):
            raise outcome
        if isinstance(outcome, Delivered):
            self.told.append((rung.to, rung.by))
            self.payloads.append(told)
        return outcome


DOWN = Failed("no-connection")


class Killed(BaseException):
    """The process died here."""


def lay_out(url: str) -> None:
    """The notices' tables in the empty database at `url`."""
    NoticeStore(url).close()


class Desk:
    """Notices on a database, that can be made anew on the same one as after a restart."""

    def __init__(self, url: str, ladder: Ladder = LADDER) -> None:
        self.url = url
        self.clock = HandClock()
        self.edge = PaperEdge(self.clock)
        self.ways = PaperWays()
        self.settings = NoticeSettings(ladder=ladder, allow_private=True)
        self._store: NoticeStore | None = None
        self.notices = self.restarted()

    def restarted(self) -> Notices:
        self.close()
        self._store = NoticeStore(self.url)
        self.notices = Notices(
            self.edge, self.settings, self._store, MEMORY, clock=self.clock, ways=self.ways
        )
        return self.notices

    def close(self) -> None:
        if self._store is not None:
            self._store.close()

    def turn(self, span: timedelta = timedelta()) -> list[tuple[str, str]]:
        """Lets time pass and turns until nothing is sent; who was told in it."""
        self.clock.pass_by(span)
        before = len(self.ways.told)
        while self.notices.step():
            continue
        return self.ways.told[before:]


def a_view(name: str, **fields: Any) -> ReferralView:
    """A referral that came in."""
    view = ReferralView(
        referral_id=an_id(name),
        direction="received",
        programme_from="lantern-case-management",
        programme_to="harbor-shelter",
        consent_id=an_id(name + " consent"),
        return_consent_id=an_id(name + " return"),
        state="received",
        sub_state=None,
        urgency="urgent",
        answer_by=None,
        standing="live",
        purge=None,
        overdue=(),
        updated_at=START,
    )
    return replace(view, **fields)
