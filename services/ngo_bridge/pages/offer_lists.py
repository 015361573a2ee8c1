"""What the pages of an offer list, and what they hand on to the next one."""

from collections.abc import Mapping
from typing import Any, Literal

from ngo_bridge import legal_asks, rules
from ngo_bridge.bridge import Bridge
from ngo_bridge.pages import consent_classes, offer_needs
from ngo_bridge.pages.contact_form import contact_lists
from ngo_bridge.pages.form import Form
from ngo_bridge.pages.names import Names
from ngo_bridge.pages.offer_consent import OF_EACH, SIGNED_FIELDS
from ngo_bridge.pages.offer_who import WISH_FIELDS
from ngo_bridge.pages.words import words
from referral_exchange import vocabulary
from referral_exchange.pages.words import language_name

Stage = Literal["needs", "who", "agree", "look"]
Pairs = list[tuple[str, str]]
"""Value and label, or name and value."""

_OF_THE_SITTING = ("explained_at", "paper")

SEE_AGAIN: Mapping[Stage, str] = {
    "needs": "needs",
    "who": "back-to-who",
    "agree": "agree-again",
    "look": "look",
}
"""The button's value that shows a page once more as it is: in another language, for one."""


def lists(bridge: Bridge, names: Names) -> dict[str, Any]:
    """Value and label of everything that can be chosen."""
    t = words()
    return {
        "own": [(i, names.programme(i)) for i in bridge.config.programmes],
        "purposes": [(code, t["purposes"][code]) for code in vocabulary.purposes()],
        "ends": [(str(days), t["offer"][f"agree_ends_{days}"]) for days in rules.CONSENT_DAYS],
        "usual_classes": consent_classes.USUAL,
        "immigration_class": consent_classes.IMMIGRATION,
        "more_classes": consent_classes.MORE,
        "exceptions": _labelled(t["exceptions_1367"], legal_asks.EXCEPTIONS_1367),
        "officials": _labelled(t["official_classes"], legal_asks.OFFICIAL_CLASSES),
        **contact_lists(),
        **search_lists(names),
    }


def search_lists(names: Names) -> dict[str, Pairs]:
    """Value and label of what a service can be looked for by."""
    t = words()
    return {
        "languages": [(tag, language_name(tag)) for tag in offer_needs.languages(names)],
        "regions": [(region, region) for region in offer_needs.regions(names)],
        "services": _labelled(t["services"], vocabulary.service_categories()),
        "access": _labelled(t["access"], vocabulary.access_needs()),
        "ages": _labelled(t["age_bands"], vocabulary.age_bands()),
    }


def carried(stage: Stage, form: Form, context: Mapping[str, Any]) -> Pairs:
    """Names and values that `stage` does not show but hands on, hidden."""
    if stage == "needs":
        return _pairs(form, ("to", *WISH_FIELDS, *_OF_THE_SITTING))
    found = _pairs(form, offer_needs.FIELDS)
    if stage == "who":
        return found + _pairs(form, _OF_THE_SITTING)
    found += _pairs(form, WISH_FIELDS)
    found += [("to", recipient) for recipient in context["recipients"]]
    found += [(name, context[name]) for name in _OF_THE_SITTING]
    if stage == "look":
        found += _pairs(form, SIGNED_FIELDS)
        found += _pairs(form, [f"{name}.{to}" for to in context["recipients"] for name in OF_EACH])
    return found


def _labelled(labels: Mapping[str, str], codes: Any) -> Pairs:
    return [(code, labels[code]) for code in codes]


def _pairs(form: Form, fields: Any) -> Pairs:
    return [(name, value) for name in fields for value in form.values(name)]
