"""How far the console and the router have come back: rows read of how many."""

from dataclasses import dataclass
from typing import Any, Literal, cast

import faust

from status_board.world import ROUTER, World

What = Literal["table", "records", "router"]
"""The board's own table; the router's records as the console reads them; the router's partitions."""


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total`. `begun` False: nobody knows yet how many there are."""

    what: What
    done: int
    total: int
    begun: bool = True

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to read."""
        return self.begun and self.done >= self.total

    @property
    def percent(self) -> int:
        """0 to 100."""
        return 100 if self.is_over else min(99, 100 * self.done // self.total) if self.total else 0


def of_table(app: faust.App, *, rebuilt: bool) -> Progress:
    """Rows of the changelog that are back in the table."""
    recovery = cast(Any, app.tables).recovery
    ends = {tp: end for tp, end in recovery.active_highwaters.items() if end > 0}
    total, left = sum(ends.values()), recovery.active_remaining_total()
    if rebuilt:
        return Progress("table", total, total)
    return Progress("table", max(0, total - left), total, begun=False)


def of_router(world: World) -> Progress | None:
    """Partitions whose records the router has back; None where it says nothing of it."""
    router = world.service(ROUTER)
    if router is None or "partitions" not in router.figures:
        return None
    return Progress("router", int(router.figures["restored"]), int(router.figures["partitions"]))
