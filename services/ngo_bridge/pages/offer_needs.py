"""The first page of an offer that is filled in: how to reach the person safely, then what is needed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from ngo_bridge.bridge import Bridge
from ngo_bridge.pages.contact_form import CONTACT_FIELDS, read_contact
from ngo_bridge.pages.form import Form
from ngo_bridge.pages.names import Names
from ngo_bridge.pages.words import words
from participant_edge.commands import Urgency
from referral_exchange import vocabulary
from referral_exchange.events import Needs, SafeContact
from referral_exchange.pages.words import OFFERED_LANGUAGES, language_order

_URGENCIES: Mapping[str, Urgency] = {"emergency": "emergency", "urgent": "urgent", "routine": "routine"}
ANSWER_HOURS: Mapping[str, int] = {"1": 1, "4": 4, "24": 24, "48": 48}
USUAL_PURPOSE = "services"
FIELDS = (
    *CONTACT_FIELDS,
    "programme_from",
    "purpose",
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
    """What is needed, how soon and why, and which of our programmes asks.

    `contact` is never sent with an offer: it is shown to the person again, and goes only after an acceptance.
    """

    programme_from: str
    purpose: str
    needs: Needs
    urgency: Urgency
    wait: timedelta | None
    contact: SafeContact

    @property
    def minor(self) -> bool:
        """Whether the rules for people under 18 hold; they do where the age is not known."""
        return self.needs.age_band != "adult"


def regions(names: Names) -> list[str]:
    """The regions that the directory knows, once each."""
    return sorted({p.region for p in names.programmes.values() if p.role != "exchange_service"})


def languages(names: Names) -> list[str]:
    """Language tags that have a name here or are spoken by a programme; English and Spanish first."""
    spoken = {tag for p in names.programmes.values() for tag in p.languages}
    return sorted(
        spoken | set(OFFERED_LANGUAGES), key=lambda tag: (tag not in ("en", "es"), language_order(tag))
    )


def read_needs(form: Form, bridge: Bridge, names: Names) -> Asked | None:
    """What was typed; blames what is missing, in the order of the page, and answers None then."""
    t = words()["offer"]
    contact = read_contact(form)
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
    if form.faults:
        return None
    needs = Needs(
        services=services,
        languages=spoken,
        region=region,
        age_band=age_band,
        household_size=household,
        access=form.choices("access", list(vocabulary.access_needs())),
    )
    return Asked(asking, _purpose(form), needs, _URGENCIES[urgency], _wait(form), contact)


def _purpose(form: Form) -> str:
    """One of the vocabulary; the page offers no other."""
    return next(iter(form.choices("purpose", list(vocabulary.purposes()))), USUAL_PURPOSE)


def _wait(form: Form) -> timedelta | None:
    hours = ANSWER_HOURS.get(form.value("answer_by"))
    return timedelta(hours=hours) if hours else None
