"""The first two pages of an offer: what is needed, and whom to ask."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from ngo_bridge.bridge import Bridge
from ngo_bridge.pages.form import Form
from ngo_bridge.pages.names import Names
from ngo_bridge.pages.words import words
from participant_edge.commands import Urgency
from referral_exchange import vocabulary
from referral_exchange.events import Needs, ProgrammeListed
from referral_exchange.pages.words import OFFERED_LANGUAGES, language_name

MOST_RECIPIENTS = 5
_URGENCIES: Mapping[str, Urgency] = {"emergency": "emergency", "urgent": "urgent", "routine": "routine"}
ANSWER_HOURS: Mapping[str, int] = {"1": 1, "4": 4, "24": 24, "48": 48}
FIELDS = (
    "programme_from",
    "services",
    "languages",
    "region",
    "age_band",
    "household",
    "access",
    "urgency",
    "answer_by",
)
"""Names of the inputs on the page of needs; later pages carry them hidden."""


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """What is needed, how soon, and which of our programmes asks."""

    programme_from: str
    needs: Needs
    urgency: Urgency
    wait: timedelta | None


@dataclass(frozen=True, slots=True, repr=False)
class Match:
    """A programme and which of the needed services it offers."""

    listed: ProgrammeListed
    fits: tuple[str, ...]


def regions(names: Names) -> list[str]:
    """The regions that the directory knows, once each."""
    return sorted({p.region for p in names.programmes.values() if p.role != "exchange_service"})


def languages(names: Names) -> list[str]:
    """Language tags that have a name here or are spoken by a programme; English and Spanish first."""
    spoken = {tag for p in names.programmes.values() for tag in p.languages}
    return sorted(
        spoken | set(OFFERED_LANGUAGES), key=lambda tag: (tag not in ("en", "es"), language_name(tag))
    )


def read_needs(form: Form, bridge: Bridge, names: Names) -> Asked | None:
    """The needs as typed; blames what is missing, in the order of the page, and answers None then."""
    t = words()["offer"]
    services = form.choices("services", list(vocabulary.service_categories()))
    if not services:
        form.blame("services", "services")
    urgency = form.choice("urgency", _URGENCIES, t["urgency"])
    region = form.choice("region", regions(names), t["region"])
    age_band = form.choice("age_band", vocabulary.age_bands(), t["age_band"])
    household = form.number("household", t["household"], 1, 50)
    spoken = form.choices("languages", languages(names))
    if not spoken:
        form.blame("languages", "languages")
    asking = form.choice("programme_from", bridge.config.programmes, t["from"])
    hours = ANSWER_HOURS.get(form.value("answer_by"))
    if form.faults:
        return None
    access = form.choices("access", list(vocabulary.access_needs()))
    needs = Needs(
        services=services,
        languages=spoken,
        region=region,
        age_band=age_band,
        household_size=household,
        access=access,
    )
    return Asked(asking, needs, _URGENCIES[urgency], timedelta(hours=hours) if hours else None)


def matches(asked: Asked, names: Names, own: Collection[str]) -> list[Match]:
    """Every programme of others that takes part: what fits best stands first."""
    found = [
        Match(listed, tuple(s for s in asked.needs.services if s in listed.services))
        for listed in names.programmes.values()
        if listed.programme_id not in own and names.takes_part(listed.programme_id)
    ]
    return sorted(found, key=lambda match: (*_order(asked.needs, match), match.listed.name))


def _order(needs: Needs, match: Match) -> tuple[int, bool, bool, bool]:
    speaks = bool(set(needs.languages) & set(match.listed.languages))
    suits = needs.age_band in (*match.listed.age_bands, "unknown")
    return -len(match.fits), match.listed.region != needs.region, not suits, not speaks


def read_recipients(form: Form, names: Names) -> list[str]:
    """The programmes chosen; blames where there is none, or too many for one sitting."""
    chosen = [i for i in form.values("to") if i in names.programmes]
    if not chosen:
        form.blame("to", "to")
    if len(chosen) > MOST_RECIPIENTS:
        form.blame("to", "to_many")
    return chosen
