"""Codes of the wire in plain words, as templates ask for them."""

from collections.abc import Iterable, Mapping
from typing import Any

from ngo_bridge.pages.words import words
from participant_edge.views import ReferralView, Step
from referral_exchange.event_kinds import OPENERS
from referral_exchange.pages.words import language_name
from referral_exchange.vocabulary import as_shown


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
        case "needs":
            return listing(value, t["access"] | t["services"])
        case "age_bands":
            return listing(value, t["age_bands"])
        case "age_band" | "method" | "code" | "tool" | "band" | "introduction" | "role":
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


_LABELS = {
    "age_band": "age_bands",
    "method": "contact_methods",
    "code": "answer_reasons",
    "tool": "screening_tools",
    "band": "result_bands",
    "introduction": "introductions",
    "role": "roles",
}


def _status_detail(code: str) -> str:
    groups = words()["status_choices"].values()
    return next((str(labels[code]) for labels in groups if code in labels), code)


def of_reason(code: str) -> str:
    """Why a service said no, waits or stopped: the label of its code."""
    return str(words()["answer_reasons"].get(code) or _status_detail(code))


def of_news(view: ReferralView, step: Step) -> str:
    """What changed, for a list where each line is about another referral."""
    if step.kind in OPENERS and view.direction == "received":
        withdrawal = step.kind == "WithdrawalAsked"
        return str(words()["today"]["new_withdrawal" if withdrawal else "new_request"])
    return of_step_in(view, step)


def of_step_in(view: ReferralView, step: Step) -> str:
    """What a step of this referral was; a withdrawal asked at another desk is no help that goes on."""
    what = as_shown(step.what).split(":")[0]
    if view.kind == "WithdrawalAsked":
        own = words()["elsewhere"]["steps"]
        return str(own.get(f"{step.kind}:{what}") or own.get(step.kind) or of_step(step.kind, what))
    return of_step(step.kind, what)


def of_step(kind: str, what: str) -> str:
    """What one step of a referral was, as a text with names to fill in. `what` with hyphens, no sub-state."""
    steps = words()["steps"]
    return str(steps.get(f"{kind}:{what}") or steps.get(kind) or steps["other"])
