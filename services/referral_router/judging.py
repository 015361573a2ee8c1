"""Asks the rules of confidentiality for the router, and remembers what they answered."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import NamedTuple

from referral_exchange import refusals
from referral_exchange.directory import Directory
from referral_exchange.events import ParticipantListed, ProgrammeListed
from referral_exchange.policy import Policy, Question, listed_programme

MOST = 10_000
"""Pairs remembered; one more and all are asked for anew."""

_WHENEVER = datetime(2000, 1, 1, tzinfo=UTC)
"""The schema gives no time to what the router asks, so that no rule can depend on one."""

_CODES: Mapping[str, str] = MappingProxyType({"participant-takes-part": refusals.NOT_TAKING_PART})
"""Refusal code by rule; any other is `denied`."""

_Listing = tuple[ProgrammeListed | None, ParticipantListed | None]


class _Known(NamedTuple):
    sender: _Listing
    recipient: _Listing
    code: str | None


class Judge:
    """The policy with a memory. Any thread may ask.

    An answer is kept with the four listings that it was given for, and counts only while the directory
    still has those very ones: a rule can look at nothing else (`action route` in the Cedar schema).
    """

    def __init__(self, policy: Policy) -> None:
        """`policy` never changes; a memory is of one policy."""
        self._policy = policy
        self._known: dict[tuple[str, str], _Known] = {}

    def barred(self, directory: Directory, sender: str, recipient: str) -> str | None:
        """The refusal code of what `sender` says to `recipient` under a consent in force; None: it may pass.

        Raises PolicyUnusable where the rules cannot be asked.
        """
        ours, theirs = _listing(directory, sender), _listing(directory, recipient)
        known = self._known.get((sender, recipient))
        if known is None or not (_same(known.sender, ours) and _same(known.recipient, theirs)):
            known = _Known(ours, theirs, self._asked(directory, sender, recipient))
            if len(self._known) >= MOST:
                self._known = {}
            # Looked up before it was asked: what was listed meanwhile makes this answer count for nothing.
            self._known[sender, recipient] = known
        return known.code

    def _asked(self, directory: Directory, sender: str, recipient: str) -> str | None:
        decision = self._policy.decide(
            Question(
                action="route",
                at=_WHENEVER,
                asker=sender,
                discloser=listed_programme(directory, sender),
                recipient=listed_programme(directory, recipient),
                referral_id="",
                consent=None,
                in_force=True,
            )
        )
        if decision.allowed:
            return None
        return _CODES.get(decision.rules[0].id, refusals.DENIED) if decision.rules else refusals.DENIED


def _listing(directory: Directory, programme: str) -> _Listing:
    listed = directory.programmes.get(programme)
    return listed, directory.participants.get(listed.participant_id) if listed else None


def _same(one: _Listing, other: _Listing) -> bool:
    """Whether they are the very listings: one that was listed anew is another, whatever it says."""
    return one[0] is other[0] and one[1] is other[1]
