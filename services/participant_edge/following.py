"""Follows what the edge learns and says: its numbered changes, and waiting for the next."""

import time

from participant_edge import change_rows
from participant_edge.means import Means
from participant_edge.views import Change

_MOST = 1000


def changes(means: Means, after: int, limit: int) -> list[Change]:
    """See `Edge.changes`."""
    with means.store.read() as connection:
        return change_rows.after(connection, after, max(1, min(limit, _MOST)))


def wait(means: Means, after: int, timeout_s: float) -> bool:
    """See `Edge.wait_for_changes`. Returns early, with no change, once the edge is stopped."""
    deadline = time.monotonic() + timeout_s
    while True:
        # Counted before it is looked, so that a change in between is not slept over.
        writes = means.store.writes
        if means.store.closed:
            return False
        with means.store.read() as connection:
            if change_rows.latest(connection) > after:
                return True
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        means.store.wait_for_write(writes, left)
