"""A refusal as the caller is told of it."""

from consent_ledger import refusals
from referral_exchange import problems
from referral_exchange.problems import Problem


def problem_of(refusal: refusals.Refusal) -> Problem:
    """The problem; to one who is no party the same whether the thing exists or not."""
    match refusal:
        case refusals.Denied():
            return _denied(refusal)
        case refusals.ConsentConflict():
            detail = "Make fresh ids, or repeat with exactly the form that was sent under these."
            return Problem(409, "conflict", "These ids stand for something else already", detail)
        case refusals.Suspended():
            detail = "The ledger was restored. Its discloser confirms it first: POST /v1/confirmations."
            return Problem(409, "suspended", "This consent waits for a confirmation", detail)
        case refusals.GroundStands():
            detail = "A ground of law is not withdrawn. Its discloser may close it: POST /v1/closings."
            return Problem(409, "ground", "This is a ground of law and no consent", detail)
        case refusals.NoGround():
            detail = "A consent ends by withdrawal: POST /v1/withdrawals."
            return Problem(409, "consent", "This is a consent and no ground of law", detail)
        case refusals.CodesFull():
            detail = "Wait until one is used, or over after 15 minutes."
            return Problem(409, "too-many-codes", "Too many codes wait for their persons", detail)
        case refusals.TriesSpent():
            detail = "Wait a while before the next one is tried."
            return Problem(429, "too-many-tries", "Too many codes were wrong", detail)
        case refusals.LockRefused():
            detail = "Open a lock with the consent, referral and programme it was made for."
            return Problem(403, "lock-refused", "This lock does not belong to what was named", detail)
        case _:
            return problems.unknown()


def _denied(refusal: refusals.Denied) -> Problem:
    first = refusal.rules[0]
    return Problem(
        403,
        "denied",
        "A rule of confidentiality forbids this",
        "Nothing was disclosed. See the rule and the law that it encodes.",
        rule=first.id,
        law=first.law,
        more={"rules": [rule.id for rule in refusal.rules]},
    )
