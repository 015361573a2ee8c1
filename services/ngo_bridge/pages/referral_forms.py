"""From the forms of a referral's page to what the edge is asked to do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast, get_args

from ngo_bridge.pages.disclose_form import read_disclosure
from ngo_bridge.pages.form import Form
from ngo_bridge.pages.page_command import PageCommand
from ngo_bridge.pages.words import words
from participant_edge.commands import Cancellation, Purge, ServiceState, ServiceSubState
from participant_edge.views import ReferralView
from referral_exchange import vocabulary
from referral_exchange.events import StatusDetail
from referral_exchange.pages.words import OFFERED_LANGUAGES, language_name

DECLINES = tuple(code for code in vocabulary.answer_reasons() if code not in ("accepted", "withdrawn"))
"""Reasons that a caseworker can choose for a no; `withdrawn` is the exchange's own."""

STATES = ("in-progress", "on-hold", "completed", "failed")


@dataclass(frozen=True, slots=True)
class Act:
    """`read` makes the command, or blames fields; `done` names what the page says after it."""

    read: Callable[[Form, ReferralView], PageCommand | None]
    done: str


def read_answer(form: Form, view: ReferralView) -> PageCommand | None:
    """Yes, or no with a reason."""
    if form.value("answer") == "accepted":
        return PageCommand(
            "accepted", lambda edge, i: edge.answer(view.referral_id, "accepted", "accepted", i)
        )
    reason = form.value("reason")
    if reason not in DECLINES:
        form.blame("reason", "why")
        return None
    return PageCommand(reason, lambda edge, i: edge.answer(view.referral_id, "declined", reason, i))


def read_status(form: Form, view: ReferralView) -> PageCommand | None:
    """`state:detail`, as the one list of the page offers them."""
    chosen = form.value("status")
    if chosen not in _STATUSES:
        form.blame("status", "status")
        return None
    state, sub_state, detail = _STATUSES[chosen]
    return PageCommand(
        chosen, lambda edge, i: edge.report_status(view.referral_id, state, sub_state, detail, i)
    )


def read_cancellation(form: Form, view: ReferralView) -> PageCommand | None:
    """Taken back, or a mistake: one button each."""
    offered: Mapping[str, Cancellation] = {"cancelled": "cancelled", "entered_in_error": "entered_in_error"}
    chosen = offered.get(form.value("cancellation"))
    return PageCommand(chosen, lambda edge, i: edge.cancel(view.referral_id, chosen, i)) if chosen else None


def read_purge(form: Form, view: ReferralView) -> PageCommand | None:
    """Deleted, or kept by law: one button each."""
    offered: Mapping[str, Purge] = {"purged": "purged", "legal_hold": "legal_hold"}
    chosen = offered.get(form.value("purge"))
    return (
        PageCommand(chosen, lambda edge, i: edge.answer_purge(view.referral_id, chosen, i))
        if chosen
        else None
    )


def read_pick(form: Form, view: ReferralView) -> PageCommand | None:
    """The person picked this one: one button."""
    if form.value("pick") != "yes":
        return None
    return PageCommand("pick", lambda edge, i: edge.pick(view.referral_id, i))


ACTS: Mapping[str, Act] = {
    "answer": Act(read_answer, "answered"),
    "pick": Act(read_pick, "picked"),
    "disclose": Act(read_disclosure, "disclosed"),
    "status": Act(read_status, "reported"),
    "cancel": Act(read_cancellation, "cancelled"),
    "purge": Act(read_purge, "purged"),
}
"""What the page can do, by the last piece of the form's address."""

Status = tuple[ServiceState, ServiceSubState | None, StatusDetail | None]


def _statuses() -> dict[str, Status]:
    found: dict[str, Status] = {"in-progress:plain": ("in_progress", None, None)}
    for sub_state in vocabulary.sub_states("in-progress"):
        wire = vocabulary.on_the_wire(sub_state)
        assert wire in get_args(ServiceSubState)
        found[f"in-progress:{sub_state}"] = ("in_progress", cast(ServiceSubState, wire), None)
    for code in vocabulary.status_details("on-hold"):
        found[f"on-hold:{code}"] = ("on_hold", None, StatusDetail(reason=code))
    for code in vocabulary.status_details("completed"):
        found[f"completed:{code}"] = ("completed", None, StatusDetail(outcome=code))
    for code in vocabulary.status_details("failed"):
        found[f"failed:{code}"] = ("failed", None, StatusDetail(reason=code))
    return found


_STATUSES = _statuses()


def _status_groups() -> list[tuple[str, list[tuple[str, str]]]]:
    labels = words()["status_choices"]
    return [
        (
            labels[state]["group"],
            [(key, labels[state][key.split(":")[1]]) for key in _STATUSES if key.startswith(f"{state}:")],
        )
        for state in STATES
    ]


def choices() -> Mapping[str, Any]:
    """What the page's lists offer: value and label."""
    t = words()
    return {
        "declines": [(code, t["answer_reasons"][code]) for code in DECLINES],
        "status_groups": _status_groups(),
        "contact_methods": [(code, t["contact_methods"][code]) for code in vocabulary.contact_methods()],
        "all_languages": sorted(
            ((tag, language_name(tag)) for tag in OFFERED_LANGUAGES), key=lambda pair: pair[1]
        ),
    }
