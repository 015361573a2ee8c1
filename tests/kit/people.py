"""Everything the tests' invented people are called, reached by and known for; each unlike anything else.

What a test seals about a person stands here, so that the search at the end of a session finds it
wherever it does not belong. Nobody in here exists.
"""

import tomllib
from collections.abc import Iterator
from functools import cache
from typing import Any

from referral_exchange.contract_files import DEPLOY

NAMES = (
    "Canarina Invented-Vogel",
    "Canarina-Invented",
    "Canary Heron",
    "Canary-Quetzal-7781",
    "Invented Marigold",
    "Invented Twinflower",
    "Marisol Invented",
    "Ondine Invented",
    "Quixandra Testperson",
    "Zephyrine Quillfeather",
    "Zoë Invented-Añil",
)
REACHED_BY = (
    "555-010-7788",
    "555-0177-invented",
    "+1 555 0143",
    "+1 555 0142",
    "canary-0100",
    "canary-mornings",
    "calling about the zinc kettle",
    "the seed catalogue",
)
PLACES = ("Invented Lane", "Wraithmoor", "canary-orchard", "tlh-Canary")
TOLD = ("an invented note", "canary-concern", "canary-letter-0001")
"""No subject token is among them: it is random and says nothing, and the ledger has to know it."""

_SAID_IN_A_STORY = ("chosen_name", "legal_name", "place", "pretext", "region", "value", "window")
_TOO_COMMON = 8
"""Shorter texts stand in any file by chance."""


@cache
def everything() -> tuple[str, ...]:
    """All of it, the demonstration's people included, without repeats."""
    told = (*NAMES, *REACHED_BY, *PLACES, *TOLD, *_of_stories())
    return tuple(dict.fromkeys(told))


def _of_stories() -> Iterator[str]:
    stories = tomllib.loads((DEPLOY / "demo" / "stories.toml").read_text(encoding="utf-8"))
    for node in _tables(stories):
        for name in _SAID_IN_A_STORY:
            if len(said := str(node.get(name, ""))) >= _TOO_COMMON:
                yield said


def _tables(node: Any) -> Iterator[dict[str, Any]]:
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _tables(inner)
    if isinstance(node, dict):
        yield node
