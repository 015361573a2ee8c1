"""Referrals in their lanes: what needs somebody here, what waits for others, what goes on, what ended."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ngo_bridge import rules
from ngo_bridge.bridge import Bridge
from ngo_bridge.pages.consent_classes import LATER_CLASSES
from participant_edge.errors import UnknownThing
from participant_edge.notices.rules import Matter
from participant_edge.views import Current, Direction, ReferralView, Step

_LATER = frozenset(LATER_CLASSES)
_CLOSED_SHOWN = 20
MOST_CARDS = 20
"""Of a lane, with what can be done right there; behind them one line each, so that nothing is hidden."""

_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Row:
    """One referral on the page. `handed_over`: the name has gone out or come in, or never will."""

    view: ReferralView
    handed_over: bool
    matters: tuple[Matter, ...] = ()
    """Notices about it that climb until somebody says that they see to it."""
    check: bool = False
    """The yes was taken back elsewhere: somebody here should see how the person is."""

    @property
    def since(self) -> datetime:
        """Since when it waits."""
        return rules.waits_since(self.view)

    @property
    def next(self) -> rules.NextStep:
        """What to do next."""
        return rules.next_step(self.view, self.handed_over)

    @property
    def asked(self) -> Matter | None:
        """The notice of what the person asks, until somebody has seen to it."""
        return next((matter for matter in self.matters if matter.kind == "asked"), None)

    @property
    def questions(self) -> tuple[Step, ...]:
        """What the person asks, and nobody here has seen to yet, oldest first."""
        if self.asked is None:
            return ()
        asked = [step for step in self.view.steps if step.kind == "QuestionAsked"]
        first = next((n for n, step in enumerate(asked) if step.event_id == self.asked.cause), 0)
        return tuple(asked[first:])


@dataclass(frozen=True, slots=True)
class Lanes:
    """The rows by lane, the most urgent first, then the longest waiting; what ended, newest first."""

    rows: dict[rules.Lane, list[Row]] = field(default_factory=dict)

    @property
    def longest(self) -> Row | None:
        """The one that others have let wait for the longest time."""
        waiting = self.rows["waits-for-others"]
        return min(waiting, key=lambda row: row.since) if waiting else None


@dataclass(frozen=True, slots=True)
class News:
    """One thing that changed, and the referral it belongs to."""

    view: ReferralView
    step: Step


def rows_of(bridge: Bridge, found: Iterable[Current]) -> list[Row]:
    """The referrals with all that a list says of them."""
    about, now = matters_of(bridge), bridge.clock()
    return [
        Row(
            each.view,
            rules.nothing_to_hand_over(each, _LATER) if _tells(each.view) else False,
            tuple(about.get(each.view.referral_id, ())),
            rules.to_check(each, now),
        )
        for each in found
    ]


def one(bridge: Bridge, view: ReferralView) -> Row:
    """The row of one referral."""
    here = view.standing != "withdrawn" or _asked_here(bridge, view)
    covered = bridge.edge.covered(view.referral_id)
    (row,) = rows_of(bridge, [Current(view=view, covered=covered, taken_back_here=here)])
    return row


def lanes(bridge: Bridge, rows: Iterable[Row]) -> Lanes:
    """Every row in its lane: an old one that waits is never on a second page."""
    found: dict[rules.Lane, list[Row]] = {name: [] for name in rules.LANES}
    now = bridge.clock()
    for row in rows:
        asks = row.check or row.questions
        found["needs-you" if asks else rules.lane(row.view, row.handed_over, now)].append(row)
    for name, each in found.items():
        if name != "closed":
            each.sort(key=lambda row: rules.first_come(row.view))
    found["closed"] = found["closed"][:_CLOSED_SHOWN]
    return Lanes(found)


def current(bridge: Bridge, direction: Direction | None = None) -> list[Current]:
    """What still moves or changed lately, and enough of what ended to look back at."""
    found = bridge.edge.current(bridge.clock() - rules.NEWS, direction)
    known = {each.view.referral_id for each in found}
    newest = bridge.edge.referrals(direction, None, _AT_ONCE).items
    ended = (view for view in newest if view.referral_id not in known)
    return [*found, *(Current(view=view) for view in ended)]


def news(rows: Iterable[Row], now: datetime) -> list[News]:
    """What changed within `rules.NEWS`, newest first."""
    since = now - rules.NEWS
    found = [News(row.view, step) for row in rows for step in rules.news_of(row.view, since)]
    return sorted(found, key=lambda each: each.step.at, reverse=True)


def matters_of(bridge: Bridge) -> Mapping[str, list[Matter]]:
    """Open notices by referral."""
    found: dict[str, list[Matter]] = defaultdict(list)
    for matter in bridge.notices.waiting() if bridge.notices else ():
        found[matter.referral_id].append(matter)
    return found


def _asked_here(bridge: Bridge, view: ReferralView) -> bool:
    try:
        bridge.edge.withdrawal(view.consent_id)
    except UnknownThing:
        return False
    return True


def _tells(view: ReferralView) -> bool:
    return view.standing == "live" and view.state in (*rules.UNANSWERED, "accepted")
