"""Addresses of the page that shows every span of one referral, and of one trace. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

_REFERRAL, _TRACE, _FROM, _UNTIL = "{referral_id}", "{trace_id}", "{from_ms}", "{until_ms}"
_ID = re.compile("[0-9a-f]{32}")
# Zipkin's page runs a search only when it is told from when until when.
_ZIPKIN = (
    f"/?annotationQuery=referral.id%3D{_REFERRAL}&lookback=range&startTs={_FROM}&endTs={_UNTIL}&limit=200"
)

_ONE_BY_DEFAULT = f"/traces/{_TRACE}"

TEMPLATES: Mapping[str, tuple[str, str]] = {
    "zipkin": (_ZIPKIN, _ONE_BY_DEFAULT),
    "jaeger": (
        f"/search?service=referral_router&tags=%7B%22referral.id%22%3A%22{_REFERRAL}%22%7D"
        f"&start={_FROM}000&end={_UNTIL}000&limit=200",
        f"/trace/{_TRACE}",
    ),
    "tempo": (
        "/explore?schemaVersion=1&panes=%7B%22a%22%3A%7B%22datasource%22%3A%22tempo%22%2C%22queries%22%3A%5B%7B"
        "%22refId%22%3A%22A%22%2C%22queryType%22%3A%22traceql%22%2C%22query%22%3A%22%7Bspan.%5C%22referral.id"
        f"%5C%22%3D%5C%22{_REFERRAL}%5C%22%7D%22%7D%5D%2C%22range%22%3A%7B%22from%22%3A%22{_FROM}%22%2C%22to%22"
        f"%3A%22{_UNTIL}%22%7D%7D%7D",
        "/explore?schemaVersion=1&panes=%7B%22a%22%3A%7B%22datasource%22%3A%22tempo%22%2C%22queries%22%3A%5B%7B"
        f"%22refId%22%3A%22A%22%2C%22queryType%22%3A%22traceql%22%2C%22query%22%3A%22{_TRACE}%22%7D%5D%7D%7D",
    ),
}
"""The search of a referral and the page of one trace, behind a trace page's address, by kind of page."""

BACK = timedelta(days=90)
"""How far back a search goes: as long as progress is kept."""

AHEAD = timedelta(hours=1)
"""So that a page left open also finds what comes next."""


@dataclass(frozen=True, slots=True)
class TraceSearch:
    """`template` holds `{referral_id}`, perhaps `{from_ms}` and `{until_ms}`; empty: there is no page.

    `one` holds `{trace_id}`; empty: single traces have no address.
    """

    template: str
    one: str = ""

    @classmethod
    def of(cls, setting: str, one: str = "", kind: str = "zipkin") -> "TraceSearch":
        """`setting` itself where it says where the id goes, else the address of a page of `kind`.

        `one`: the same for a single trace; empty: as `kind` has it. Raises KeyError for an unknown kind.
        """
        if not setting or _REFERRAL in setting:
            return cls(setting, one)
        search, single = TEMPLATES[kind]
        return cls(setting.rstrip("/") + search, one or setting.rstrip("/") + single)

    def trace(self, trace_id: str | None) -> str:
        """The page of one trace; empty where there is none, or what is given is no trace id."""
        known = trace_id if trace_id and _ID.fullmatch(trace_id) else ""
        return self.one.replace(_TRACE, known) if known else ""

    def url(self, referral_id: str, now: datetime) -> str:
        """The search for `referral_id`; empty where there is no page."""
        filled = self.template.replace(_REFERRAL, quote(referral_id, safe=""))
        return filled.replace(_FROM, _ms(now - BACK)).replace(_UNTIL, _ms(now + AHEAD))


def _ms(time: datetime) -> str:
    return str(int(time.timestamp() * 1000))
