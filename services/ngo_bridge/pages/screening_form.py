"""The result of a screening, handed to who serves: tool, version and band. Never an answer."""

from typing import cast, get_args

from ngo_bridge.pages.form import Form
from ngo_bridge.pages.page_command import PageCommand
from ngo_bridge.pages.words import words
from participant_edge.commands import Urgency
from participant_edge.views import ReferralView
from referral_exchange import events
from referral_exchange.events.parts import ResultBand, ScreeningTool

TOOLS = tuple(each for each in get_args(ScreeningTool) if each != "unspecified")
BANDS = tuple(each for each in get_args(ResultBand) if each != "unspecified")
"""What can be chosen, as the contract lists it."""


def read_screening(form: Form, view: ReferralView) -> PageCommand | None:
    """The result to send; blames what is missing."""
    t = words()["parts"]
    tool = form.choice("tool", TOOLS, t["tool"])
    version = form.text("version", t["version"], required=True)
    band = form.choice("band", BANDS, t["band"])
    if not form.has("screening_asked", "yes"):
        form.blame("screening_asked", "asked")
    if form.faults or version is None:
        return None
    result = events.ScreeningResult(
        tool=cast(ScreeningTool, tool), version=version, band=cast(ResultBand, band)
    )
    return PageCommand(
        f"{tool}\n{version}\n{band}",
        lambda edge, i: edge.open_referral(
            "ScreeningCompleted", view.consent_id, _urgency(view), None, result, i
        ),
    )


def _urgency(view: ReferralView) -> Urgency:
    """The referral's own; a result is never more urgent than what it belongs to."""
    return next((each for each in get_args(Urgency) if each == view.urgency), "routine")
