"""What the edge raises: `EdgeError` and, below it, one class for each thing a caller can do about it."""


class EdgeError(Exception):
    """Base of the edge's errors. Messages say what to do and never hold anything about a person."""


class Refused(EdgeError):
    """Policy, ledger or the referral's state refuses; nothing reached the broker.

    `code` is stable (`denied`, `unknown`, `consent-ended`, `wrong-state`, `not-your-programme`,
    `unknown-programme`, `unknown-code`, ...). `rule` and `law` are set where a rule of the policy speaks.
    """

    def __init__(self, code: str, detail: str, rule: str | None = None, law: str | None = None) -> None:
        """`detail` tells the reader what to do."""
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.rule = rule
        self.law = law


class OutcomeUnknown(EdgeError):
    """Ledger or broker did not answer in time. Repeat with the same command id; nothing happens twice."""


class Suspended(OutcomeUnknown):
    """The ledger was restored, and holds this consent until its discloser's edge has confirmed it."""


class UnknownThing(EdgeError):
    """No such referral, consent or withdrawal at this participant."""


class CommandReused(EdgeError):
    """This command id was used before for something else. Use a new one."""


class TooLarge(EdgeError):
    """A part is larger than the largest size class. Shorten it."""
