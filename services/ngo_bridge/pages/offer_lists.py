"""What the pages of an offer list, and what they hand on to the next one."""

from collections.abc import Mapping
from typing import Any, Literal

from ngo_bridge import rules
from ngo_bridge.bridge import Bridge
from ngo_bridge.pages import offer_consent, offer_needs
from ngo_bridge.pages.form import Form
from ngo_bridge.pages.names import Names
from ngo_bridge.pages.words import words
from referral_exchange import vocabulary
from referral_exchange.pages.words import language_name

Stage = Literal["needs", "who", "agree"]
Pairs = list[tuple[str, str]]
"""Value and label, or name and value."""


def lists(bridge: Bridge, names: Names) -> dict[str, Any]:
    """Value and label of everything that can be chosen."""
    t = words()
    return {
        "own": [(i, names.programme(i)) for i in bridge.config.programmes],
        "languages": [(tag, language_name(tag)) for tag in offer_needs.languages(names)],
        "regions": [(region, region) for region in offer_needs.regions(names)],
        "services": [(code, t["services"][code]) for code in vocabulary.service_categories()],
        "access": [(code, t["access"][code]) for code in vocabulary.access_needs()],
        "ages": [(code, t["age_bands"][code]) for code in vocabulary.age_bands()],
        "ends": [(str(days), t["offer"][f"agree_ends_{days}"]) for days in rules.CONSENT_DAYS],
        "later_classes": offer_consent.LATER_CLASSES,
    }


def carried(stage: Stage, form: Form, context: Mapping[str, Any]) -> Pairs:
    """Names and values that `stage` does not show but hands on, hidden."""
    if stage == "needs":
        return _pairs(form, ("to",))
    found = _pairs(form, offer_needs.FIELDS)
    if stage == "agree":
        found += [("to", recipient) for recipient in context["recipients"]]
        found.append(("explained_at", context["explained_at"]))
    return found


def _pairs(form: Form, fields: tuple[str, ...]) -> Pairs:
    return [(name, value) for name in fields for value in form.values(name)]
