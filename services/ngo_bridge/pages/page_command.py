"""What a form asks for, ready to be done once."""

from collections.abc import Callable
from dataclasses import dataclass

from participant_edge.commands import Pick, Receipt
from participant_edge.edge import Edge


@dataclass(frozen=True, slots=True, repr=False)
class PageCommand:
    """`said` is all that was chosen, in one fixed form; `run` does it under a command id."""

    said: str
    run: Callable[[Edge, str], Receipt | Pick]
