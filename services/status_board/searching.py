"""Which referrals a search on the page means. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from status_board import rules
from status_board.rules import Entry

AGES: Mapping[str, timedelta] = {
    "5-minutes": timedelta(minutes=5),
    "1-hour": timedelta(hours=1),
    "1-day": timedelta(days=1),
    "7-days": timedelta(days=7),
}
"""How long a referral may have to stand in its state, by code."""

_ID = re.compile("[0-9a-f-]{1,36}")
_PROGRAMME = re.compile("[a-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Search:
    """What was asked for; empty: everything. `show`: a view or a state, as `rules.shown` takes it."""

    referral: str = ""
    programme: str = ""
    show: str = "open"
    age: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Search":
        """The search in an address. What has not the form of an id or a name finds nothing."""
        show = query.get("show") or ("all" if query.get("referral") else "open")
        return cls(
            referral=_formed(_ID, query.get("referral", "")),
            programme=_formed(_PROGRAMME, query.get("programme", "")),
            show=show,
            age=query.get("age", "") if query.get("age") in AGES else "",
        )


_NOTHING = "?"
"""What no id and no programme begins with."""


def found(entries: Iterable[Entry], search: Search, now: datetime) -> list[Entry]:
    """Those that are meant, in the order of the page."""
    return rules.in_order((entry for entry in entries if _is_meant(entry, search, now)), now)


def _is_meant(entry: Entry, search: Search, now: datetime) -> bool:
    return (
        entry.referral_id.startswith(search.referral)
        and (not search.programme or search.programme in (entry.programme_from, entry.programme_to))
        and (not search.age or now - entry.since >= AGES[search.age])
        and rules.shown(entry, search.show, now)
    )


def _formed(form: re.Pattern[str], said: str) -> str:
    tidy = said.strip().lower()
    return tidy if not tidy or form.fullmatch(tidy) else _NOTHING
