"""The words of the bridge's pages; codes never reach a page without one."""

from datetime import datetime

from ngo_bridge.rules import waited
from referral_exchange.pages import catalogues
from referral_exchange.pages.catalogues import Texts
from referral_exchange.pages.language import spoken
from referral_exchange.pages.words import duration

_STATUTES = ("vawa-", "voca-", "fvpsa-")


def words() -> Texts:
    """Every text in the language of the present request."""
    return catalogues.texts("ngo_bridge", spoken())


def span(since: datetime, now: datetime) -> str:
    """How long it is from `since` to `now`, in words."""
    found = waited(since, now)
    return duration(found.count, found.unit) if found.count else str(words()["time"]["now"])


def of_rule(rule: str | None) -> str:
    """What a rule of the policy says, in plain words. The same rule stands in several statutes."""
    rules = words()["rules"]
    for statute in _STATUTES:
        rule = (rule or "").removeprefix(statute)
    return str(rules.get(rule, rules["other"]))


def of_refusal(code: str) -> str:
    """Why something was not taken, in plain words."""
    refusals = words()["refusals"]
    return str(refusals.get(code, refusals["other"]))
