"""What a consent must say beside the usual: asked only where a section makes it matter. Pure."""

from collections.abc import Collection
from typing import Literal, get_args

Exception1367 = Literal["waiver", "benefits", "victim-services"]
OfficialClass = Literal["adjudicator", "victim-assistance", "sworn-officer"]

EXCEPTIONS_1367: tuple[Exception1367, ...] = get_args(Exception1367)
OFFICIAL_CLASSES: tuple[OfficialClass, ...] = get_args(OfficialClass)
"""As `deploy/policies/section_1367.cedar` lists them."""

_OF_1367 = frozenset({"immigration", "documents"})
_HELD_BY_GOVERNMENT = "section_1367"
_PART_2 = "part2"


def may_need_exception(sender: Collection[str], recipient: Collection[str]) -> bool:
    """Whether 8 USC 1367 binds one of the two, by their law profiles: then the page asks for an exception."""
    return _HELD_BY_GOVERNMENT in sender or _HELD_BY_GOVERNMENT in recipient


def needs_exception(
    sender: Collection[str], classes: Collection[str], recipient: Collection[str], comes_back: Collection[str]
) -> bool:
    """Whether what goes out, or what comes back, is bound by 8 USC 1367(a)(2) at the one who discloses it."""
    out = _HELD_BY_GOVERNMENT in sender and not _OF_1367.isdisjoint(classes)
    back = _HELD_BY_GOVERNMENT in recipient and not _OF_1367.isdisjoint(comes_back)
    return out or back


def may_need_intermediary(sender: Collection[str]) -> bool:
    """Whether 42 CFR Part 2 binds the sender: then the page says who carries it."""
    return _PART_2 in sender


def needs_intermediary(sender: Collection[str], classes: Collection[str]) -> bool:
    """Whether the form must name the exchange as intermediary (42 CFR 2.31)."""
    return _PART_2 in sender and "substance-use" in classes


def is_authorisation(sender: Collection[str]) -> bool:
    """Whether the form is an authorisation of 45 CFR 164.508, or a consent of 42 CFR 2.31, too."""
    return "hipaa" in sender or _PART_2 in sender
