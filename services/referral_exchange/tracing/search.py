"""Address of the page that shows every span of one referral. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

_REFERRAL, _FROM, _UNTIL = "{referral_id}", "{from_ms}", "{until_ms}"
# Zipkin's page runs a search only when it is told from when until when.
_ZIPKIN = (
    f"/?annotationQuery=referral.id%3D{_REFERRAL}&lookback=range&startTs={_FROM}&endTs={_UNTIL}&limit=200"
)

BACK = timedelta(days=90)
"""How far back a search goes: as long as progress is kept."""

AHEAD = timedelta(hours=1)
"""So that a page left open also finds what comes next."""


@dataclass(frozen=True, slots=True)
class TraceSearch:
    """`template` holds `{referral_id}`, perhaps `{from_ms}` and `{until_ms}`; empty: there is no page."""

    template: str

    @classmethod
    def of(cls, setting: str) -> "TraceSearch":
        """`setting` itself where it says where the id goes (Jaeger, Tempo, ...), else a Zipkin's address."""
        return cls(setting if _REFERRAL in setting or not setting else setting.rstrip("/") + _ZIPKIN)

    def url(self, referral_id: str, now: datetime) -> str:
        """The search for `referral_id`; empty where there is no page."""
        filled = self.template.replace(_REFERRAL, quote(referral_id, safe=""))
        return filled.replace(_FROM, _ms(now - BACK)).replace(_UNTIL, _ms(now + AHEAD))


def _ms(time: datetime) -> str:
    return str(int(time.timestamp() * 1000))
