"""What the page stands on, in one value."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import Request

from participant_edge.edge import Edge
from survivor_page import rules
from survivor_page.config import PageConfig
from survivor_page.deletions import Deletions
from survivor_page.desk import Desk
from survivor_page.limits import WrongCodes
from survivor_page.rules import Line, Shared


@dataclass(frozen=True, slots=True)
class Site:
    """Put together in `app.py`."""

    desk: Desk
    edge: Edge
    deletions: Deletions
    config: PageConfig
    wrong: WrongCodes

    def now(self) -> datetime:
        """The time of the clock that everything here goes by."""
        return self.desk.clock.now()

    def lines(self, shown: list[Shared]) -> list[Line]:
        """What the ledger shows, as the page says it."""
        waiting = self.desk.waiting(shown)
        return [self._line(each, each.consent_id in waiting) for each in shown]

    def kind(self, programme_id: str) -> rules.Kind:
        """What the programme is, in place of its name."""
        listed = next((each for each in self.edge.programmes() if each.programme_id == programme_id), None)
        by = listed.participant_id if listed else ""
        runs = next((each for each in self.edge.participants() if each.participant_id == by), None)
        return rules.kind_of(listed, runs)

    def _line(self, shared: Shared, asked: bool) -> Line:
        purged = self.deletions.of(shared.referral_id)
        return rules.line_of(shared, self.kind(shared.recipient), asked=asked, purged=purged)


def site_of(request: Request) -> Site:
    """The site that answers this request."""
    site: Site = request.app.state.site
    return site
