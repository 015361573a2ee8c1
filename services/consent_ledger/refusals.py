"""How the ledger says no.

Refusal
+-- UnknownConsent   to one who is no party, whether it exists or not
+-- Denied           a rule forbids it; carries the rules
+-- ConsentConflict  the ids stand for something else already
+-- LockRefused      the lock is not of this consent, referral and recipient
+-- Suspended        restored from a backup, and its discloser has not confirmed it yet
+-- GroundStands     a ground of law is not withdrawn, but closed
+-- NoGround         a consent is not closed, but withdrawn
+-- CodesFull        too many of the programme's codes wait for their persons
+-- TriesSpent       too many codes were wrong, whoever tried them
"""

from typing import TypeVar

from referral_exchange.policy import Rule

_Answer = TypeVar("_Answer")


class Refusal(Exception):
    """An operation was refused, and the refusal is committed. Carries nothing of the request."""


class UnknownConsent(Refusal):
    """No consent that the asker may know of."""


class Denied(Refusal):
    """A rule forbids it."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        """`rules`: those that forbade, statutes first."""
        super().__init__("denied")
        self.rules = rules


class ConsentConflict(Refusal):
    """One of the ids was used before, for something else."""


class LockRefused(Refusal):
    """The lock cannot be opened with what it is said to belong to."""


class Suspended(Refusal):
    """Nothing passes until its discloser has confirmed it."""


class GroundStands(Refusal):
    """The person did not give it, so nobody withdraws it; its discloser may close it."""


class NoGround(Refusal):
    """A consent ends by withdrawal or by its date."""


class CodesFull(Refusal):
    """A code is used, or over after 15 minutes; then there is room for another."""


class TriesSpent(Refusal):
    """No code is looked at before a while has passed, or it could be found by trying."""


def answer_or_raise(result: _Answer | Refusal) -> _Answer:
    """What an operation decided, once its transaction has been committed. Raises the Refusal."""
    if isinstance(result, Refusal):
        raise result
    return result
