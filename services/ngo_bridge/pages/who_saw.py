"""The ledger's list for one sent referral: what was agreed, and who opened what."""

from dataclasses import dataclass

from participant_edge.edge import Edge
from participant_edge.errors import EdgeError
from participant_edge.views import Disclosure, ReferralView


@dataclass(frozen=True, slots=True)
class Evidence:
    """`lines` None: the ledger does not answer just now."""

    lines: tuple[Disclosure, ...] | None


def who_saw(edge: Edge, view: ReferralView) -> Evidence:
    """What a person may be told; nothing for a referral that came in, whose list is its sender's."""
    if view.direction != "sent":
        return Evidence(())
    try:
        return Evidence(tuple(edge.disclosures(view.referral_id)))
    except EdgeError:
        return Evidence(None)
