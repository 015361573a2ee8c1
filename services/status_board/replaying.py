"""Asks the router, on the console's behalf, to read again what was set aside."""

import logging
from collections.abc import Callable, Mapping, Sequence

from referral_exchange.oversight import replay
from referral_exchange.oversight.set_aside import Pointer
from referral_exchange.oversight.source import Source

WITHIN_S = 10.0
"""How long a page waits for the router's answer; the asking stands all the same."""

MOST = 500
"""Messages asked for at once."""

Replaying = Callable[[Sequence[Pointer]], Mapping[Pointer, str]]
"""What became of each. Raises LookFailed, RegistryRefused."""

_LOG = logging.getLogger(__name__)


def through(source: Source) -> Replaying:
    """The one that asks the router behind `source`; it blocks."""

    def asked(pointers: Sequence[Pointer]) -> Mapping[Pointer, str]:
        # Said before it is done: where a message stands tells nothing about anybody.
        for pointer in pointers:
            _LOG.info("asked at the console to read again: %s/%d@%d", *pointer)
        return replay.ask(source, pointers, WITHIN_S)

    return asked


NOT_TRIED = "not-tried"
"""The router did not try: behind it stands a class that the list shows."""


def outcome(became: str) -> str:
    """The code of what became of one, for its word on the page."""
    return NOT_TRIED if became.startswith(replay.REFUSED) else became
