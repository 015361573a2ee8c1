"""What a caller is told whose token is missing, wrong, or too narrow. Never which of its parts was wrong."""

from ngo_bridge.rules import Scope
from referral_exchange.problems import Problem


def token_missing() -> Problem:
    """No token came with the request."""
    return Problem(
        401,
        "token-missing",
        "This bridge asks for a token",
        "Send `Authorization: Bearer TOKEN`. Who runs the bridge issues one: "
        "`python -m ngo_bridge tokens issue`.",
    )


def token_wrong() -> Problem:
    """The token is unknown, revoked or over: one answer for all three."""
    return Problem(
        401, "token-wrong", "This token does not work", "Ask who runs the bridge for one that does."
    )


def scope_missing(needed: Scope) -> Problem:
    """The token works, but not for this."""
    return Problem(
        403,
        "scope-missing",
        "This token may not do this",
        f"Ask who runs the bridge for a token with the scope `{needed}`.",
    )


def too_many_failures() -> Problem:
    """Too many wrong tokens from one address."""
    return Problem(
        429,
        "too-many-failures",
        "Too many calls came with a token that does not work",
        "Wait as `Retry-After` says, and mend the token in the program that calls.",
    )
