"""The seam between the kit and a connector: what a connector is handed and what it must do."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from participant_edge.delivery import Effect, Guard
from participant_edge.edge import Edge
from participant_edge.kit.subject_tokens import SubjectTokens


class AgencySystem(Protocol):
    """One agency system, both ways. Effects are delivered by one thread, `turn` runs in another."""

    @property
    def guard(self) -> Guard:
        """As `connector.toml` declares."""

    @property
    def opens(self) -> bool:
        """Whether it is handed plaintext."""

    def deliver(self, effect: Effect) -> None:
        """Returns once the system has it, once. Raises `delivery.NotDelivered` to be tried again."""

    def turn(self, edge: Edge, cursor: str) -> str:
        """Carries what changed in the system since `cursor` (empty: ever) to the exchange; the new cursor.

        Repeated from an old cursor it does nothing twice: command ids derive from the system's own ids and
        versions. What staff must mend is written back there, never raised. Raises NotDelivered where the
        system does not answer and OutcomeUnknown where the exchange does not; the cursor then stays.
        """

    def meet(self, edge: Edge, tokens: SubjectTokens) -> None:
        """Told once, before anything is delivered: its edge, and the tokens the ledger knows people by."""

    def figures(self) -> Mapping[str, Any]:
        """Counts for the health page; nothing about a person."""

    def close(self) -> None:
        """Lets go of connections."""


Connect = Callable[[Mapping[str, Any]], AgencySystem]
"""`connect(told)` of a connector's package: the system, from the settings its manifest lists."""
