"""How an attempt to tell somebody ended."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Delivered:
    """The gateway took it: it is never sent again."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The gateway did not take it, or nobody knows. `code` is stable and holds nothing of the answer.

    `gateway`: nothing else gets through there now either. `lasting`: this message never will.
    `retry_after`: how long the gateway asks to be left alone.
    """

    code: str
    gateway: bool = True
    lasting: bool = False
    retry_after: timedelta | None = None


Outcome = Delivered | Failed
