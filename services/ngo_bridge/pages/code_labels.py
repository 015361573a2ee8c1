"""Codes of the wire in plain words, as templates ask for them."""

from collections.abc import Iterable, Mapping
from typing import Any

from ngo_bridge.pages.words import words
from referral_exchange.pages.words import language_name


def listing(codes: Iterable[str], labels: Mapping[str, str]) -> str:
    """The labels of `codes`, one after the other."""
    return ", ".join(labels[code] for code in codes if code in labels)


def spoken(tags: Iterable[str]) -> str:
    """Languages by name."""
    return ", ".join(language_name(tag) for tag in tags)


def opened_value(name: str, value: Any) -> str:
    """One field of an opened part; text that a person wrote is shown as it is."""
    t = words()
    match name:
        case "may_contact" | "voicemail":
            kind = "contact" if name == "may_contact" else name
            return str(t["parts"][f"{kind}_{'yes' if value else 'no'}"])
        case "services" | "access":
            return listing(value, t[name])
        case "languages":
            return spoken(value)
        case "language":
            return language_name(value)
        case "age_band" | "method" | "code":
            return str(t[_LABELS[name]].get(value, value))
        case "reason" | "outcome":
            return _status_detail(value)
        case _:
            return _plain(value)


def part_label(name: str) -> str:
    """What a field of an opened part is called; a form's own fields by their names in the contract."""
    return str(words()["parts"].get(name, name.replace("_", " ").capitalize()))


def _plain(value: Any) -> str:
    """A form's own fields have no words of their own yet; what a person wrote is shown as it is."""
    if isinstance(value, bool):
        return str(words()["site"]["yes" if value else "no"])
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


_LABELS = {"age_band": "age_bands", "method": "contact_methods", "code": "answer_reasons"}


def _status_detail(code: str) -> str:
    groups = words()["status_choices"].values()
    return next((str(labels[code]) for labels in groups if code in labels), code)


def of_reason(code: str) -> str:
    """Why a service said no, waits or stopped: the label of its code."""
    return str(words()["answer_reasons"].get(code) or _status_detail(code))


def of_step(kind: str, what: str) -> str:
    """What one step of a referral was, as a text with names to fill in. `what` with hyphens, no sub-state."""
    steps = words()["steps"]
    return str(steps.get(f"{kind}:{what}") or steps.get(kind) or steps["other"])
