"""From the forms of a referral's page to what the edge is asked to do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, cast, get_args

from ngo_bridge import rules
from ngo_bridge.bridge import Bridge
from ngo_bridge.pages.disclose_form import disclose_lists, read_disclosure
from ngo_bridge.pages.form import Form
from ngo_bridge.pages.handover_form import read_handover
from ngo_bridge.pages.page_command import PageCommand
from ngo_bridge.pages.screening_form import read_screening
from ngo_bridge.pages.words import words
from participant_edge.commands import Cancellation, Purge, Receipt, ServiceState, ServiceSubState
from participant_edge.edge import Edge
from participant_edge.views import ReferralView
from referral_exchange import vocabulary
from referral_exchange.events import StatusDetail
from referral_exchange.ids import derived

DECLINES = tuple(code for code in vocabulary.answer_reasons() if code not in ("accepted", "withdrawn"))
"""Reasons that a caseworker can choose for a no; `withdrawn` is the exchange's own."""

NOT_TAKEN = ("other-programme-fits", "duplicate", "client-declined")
"""Reasons why a yes was not taken back where another desk asked for it."""

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


def read_taken(form: Form, view: ReferralView) -> PageCommand | None:
    """What became of a yes that a person takes back at another desk: taken back, or a reason why not."""
    if form.value("taken") == "yes":
        return PageCommand("taken", lambda edge, i: _taken(edge, view, i))
    why = form.value("why")
    if why not in NOT_TAKEN:
        form.blame("why", "why")
        return None
    return PageCommand(why, lambda edge, i: edge.answer(view.referral_id, "declined", why, i))


def _taken(edge: Edge, view: ReferralView, command_id: str) -> Receipt:
    """Found, and done: the ground on which it was asked ends with it."""
    if view.state in rules.UNANSWERED:
        edge.answer(view.referral_id, "accepted", "accepted", command_id)
    done = StatusDetail(outcome="service-provided")
    second = derived(command_id, "taken", "")
    return edge.report_status(view.referral_id, "completed", None, done, second)


def read_pick(form: Form, view: ReferralView) -> PageCommand | None:
    """The person picked this one: one button."""
    if form.value("pick") != "yes":
        return None
    return PageCommand("pick", lambda edge, i: edge.pick(view.referral_id, i))


ACTS: Mapping[str, Act] = {
    "answer": Act(read_answer, "answered"),
    "pick": Act(read_pick, "picked"),
    "disclose": Act(read_disclosure, "disclosed"),
    "screening": Act(read_screening, "screened"),
    "status": Act(read_status, "reported"),
    "cancel": Act(read_cancellation, "cancelled"),
    "purge": Act(read_purge, "purged"),
    "taken": Act(read_taken, "taken"),
}
"""What the page can do, by the last piece of the form's address."""


def acts(bridge: Bridge) -> Mapping[str, Act]:
    """What the page of a bridge can do: a handover is agreed in the local time there."""
    read = partial(read_handover, zone=bridge.config.timezone, now=bridge.clock())
    return {**ACTS, "handover": Act(read, "handover")}


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
        "not_taken": [(code, t["elsewhere"]["reasons"][code]) for code in NOT_TAKEN],
        "introductions": [(code, t["introductions"][code]) for code in vocabulary.handover_introductions()],
        "roles": [(code, t["roles"][code]) for code in vocabulary.handover_roles()],
        "declines": [(code, t["answer_reasons"][code]) for code in DECLINES],
        "status_groups": _status_groups(),
        **disclose_lists(),
    }
