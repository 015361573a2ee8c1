"""The ledger's list for one sent referral: what was agreed, and who opened what."""

from dataclasses import dataclass

from participant_edge.edge import Edge
from participant_edge.errors import EdgeError
from participant_edge.views import Disclosure, ReferralView

_OF_THE_FORM = ("given", "withdrawn", "expired")


@dataclass(frozen=True, slots=True)
class Evidence:
    """`lines` None: the ledger does not answer just now."""

    lines: tuple[Disclosure, ...] | None


def who_saw(edge: Edge, view: ReferralView) -> Evidence:
    """What a person may be told; nothing for a referral that came in, whose list is its sender's."""
    if view.direction != "sent":
        return Evidence(())
    try:
        lines = edge.disclosures(view.referral_id)
    except EdgeError:
        return Evidence(None)
    # One form gives and ends both consents: said once, for the one that the person signed for.
    told_once = [x for x in lines if x.recipient == view.programme_to or x.kind not in _OF_THE_FORM]
    return Evidence(tuple(told_once))
