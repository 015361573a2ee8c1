"""One turn of the webhooks: every endpoint is told what changed, in order, at least once."""

import logging
from dataclasses import replace
from typing import Any

from participant_edge.notices import webhook
from participant_edge.notices.changes import Changes, true_place
from participant_edge.notices.endpoints import Due, Endpoints
from participant_edge.notices.outcomes import Delivered
from participant_edge.notices.outside import WITHIN_S
from participant_edge.views import Change
from referral_exchange import ids
from referral_exchange.runtime.lifecycle import Clock

_AT_ONCE = 50
"""Changes for one endpoint in one turn, so that a busy one does not keep the others waiting."""

_LOG = logging.getLogger(__name__)


class Calling:
    """The webhooks at work. One thread at a time; the edge's kept changes are its queue."""

    def __init__(
        self, edge: Changes, endpoints: Endpoints, clock: Clock, *, within_s: float = WITHIN_S
    ) -> None:
        """Calls nobody yet."""
        self._edge = edge
        self._endpoints = endpoints
        self._clock = clock
        self._within_s = within_s
        self._placed: set[str] = set()

    def call(self) -> int:
        """Tells every endpoint that may be called now; how many calls were taken."""
        return sum(self._call(due) for due in self._endpoints.due())

    def _call(self, due: Due) -> int:
        taken = 0
        for change in self._edge.changes(self._place(due), _AT_ONCE):
            wanted = not due.endpoint.kinds or change.kind in due.endpoint.kinds
            if wanted and not self._deliver(due, change):
                break
            self._endpoints.passed(due, change.number, change.event_id, called=wanted)
            due = replace(due, failures=0, failing_since=None) if wanted else due
            taken += wanted
        return taken

    def _deliver(self, due: Due, change: Change) -> bool:
        at = self._clock.now()
        outcome = webhook.deliver(
            due.endpoint,
            # The same over attempts, restarts and a lost database: receivers know a double by it.
            ids.derived(change.event_id, f"{change.kind}:{change.what}", due.endpoint.id),
            payload_of(change),
            at,
            allow_private=self._endpoints.allow_private,
            within_s=self._within_s,
        )
        if isinstance(outcome, Delivered):
            return True
        given_up = self._endpoints.failed(due, outcome)
        then = "it is called no more until resumed" if given_up else "it is called again"
        _LOG.warning("webhook %s did not take a change: %s; %s", due.endpoint.id, outcome.code, then)
        return False

    def _place(self, due: Due) -> int:
        if due.endpoint.id in self._placed:
            return due.after
        self._placed.add(due.endpoint.id)
        return true_place(self._edge, due.after, due.after_event)


def payload_of(change: Change) -> dict[str, Any]:
    """What an endpoint is told of a change: routing fields."""
    return {
        "type": "change",
        "timestamp": change.at.isoformat(),
        "data": {
            "number": change.number,
            "referral_id": change.referral_id,
            "event_id": change.event_id,
            "kind": change.kind,
            "what": change.what,
            "direction": change.direction,
        },
    }
