"""W3C `traceparent` in and out. `tracestate` and baggage are not read and not written."""

import os
import re
from typing import NamedTuple

_FORM = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}", re.ASCII)


class SpanId(NamedTuple):
    """A span's address: trace id (32 hex digits) and span id (16)."""

    trace: str
    span: str

    @property
    def traceparent(self) -> str:
        """As the header carries it, always sampled."""
        return f"00-{self.trace}-{self.span}-01"


def new_root() -> SpanId:
    """Random; never derived from anything."""
    digits = os.urandom(24).hex()
    return SpanId(digits[:32], digits[32:])


def new_child(parent: SpanId) -> SpanId:
    """Another span of the same trace."""
    return SpanId(parent.trace, os.urandom(8).hex())


def read(traceparent: str | None) -> SpanId | None:
    """The span that `traceparent` names; None where it is absent or not of W3C's form."""
    match = _FORM.fullmatch(traceparent) if traceparent else None
    if match is None or traceparent is None or traceparent.startswith("ff"):
        return None
    named = SpanId(match[1], match[2])
    return named if int(named.trace, 16) and int(named.span, 16) else None
