"""The seam to an agency system: what it is handed, and the guard it declares."""

from dataclasses import dataclass
from typing import Literal, Protocol

from participant_edge.views import OpenedPart
from referral_exchange import events

Guard = Literal["put-by-id", "conditional-create", "rename-into-place", "idempotency-key", "none"]
"""How the system keeps a second delivery of one effect from taking effect. `none`: it does not."""


class NotDelivered(Exception):
    """The system did not take it now; it is tried again. `code` is stable and tells nothing of a person."""

    def __init__(self, code: str) -> None:
        """For example `unreachable`, `http-503`, `timed-out`."""
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Effect:
    """What one message asks of the system. `effect_id` is the same at every attempt: the guard's key.

    `parts` is plaintext for this one attempt: map it, hand it over, keep nothing.
    """

    effect_id: str
    event: events.Event
    parts: tuple[OpenedPart, ...]


class Delivery(Protocol):
    """An agency system behind its transport."""

    @property
    def guard(self) -> Guard:
        """What it declares."""

    @property
    def opens(self) -> bool:
        """Whether it is handed plaintext. A bridge is not: a person opens, each time anew."""

    def deliver(self, effect: Effect) -> None:
        """Returns once the system has it. Raises NotDelivered."""


class SealedInbox:
    """The bridge's delivery: what came in stays sealed in the inbox until a person opens it."""

    guard: Guard = "conditional-create"
    opens = False

    def deliver(self, effect: Effect) -> None:
        """Nothing more to do: its row in the inbox is the effect, created once."""
