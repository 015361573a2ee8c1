"""The edge as notices see it: what changed, and how a referral stands now."""

from collections.abc import Sequence
from typing import Protocol

from participant_edge.views import Change, ReferralView


class Changes(Protocol):
    """What `edge.Edge` offers; tests hand in their own."""

    def changes(self, after: int, limit: int = 100) -> Sequence[Change]:
        """Changes numbered above `after`, oldest first."""

    def wait_for_changes(self, after: int, timeout_s: float) -> bool:
        """Waits for one; whether there is one."""

    def referral(self, referral_id: str) -> ReferralView:
        """One referral with its steps. Raises UnknownThing."""


def true_place(edge: Changes, number: int, event_id: str) -> int:
    """`number`, or 0 where the change with that number is another than the one that was read then.

    An edge whose disk was replaced numbers anew. Reading from the start again tells nobody twice of
    what is known as told; reading on from a number of the lost store would miss what comes now.
    """
    if number == 0:
        return 0
    found = edge.changes(number - 1, 1)
    if not found or (found[0].number == number and found[0].event_id != event_id):
        return 0
    return number
