"""One turn of the ladder: gather what changed, decide by the rules, store each attempt, make it, note it."""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from participant_edge.errors import UnknownThing
from participant_edge.notices import gateway_rows, matter_rows, rules
from participant_edge.notices.changes import Changes, true_place
from participant_edge.notices.outcomes import Delivered, Failed, Outcome
from participant_edge.notices.rules import Ladder, Matter, Plan, Rung
from participant_edge.notices.store import NoticeStore
from participant_edge.notices.ways import Told, Ways
from participant_edge.views import Change, ReferralView
from referral_exchange import ids
from referral_exchange.runtime.lifecycle import Clock

_PAGE = 100
_LOG = logging.getLogger(__name__)


class Climbing:
    """The ladder at work. One thread at a time."""

    def __init__(self, edge: Changes, store: NoticeStore, ladder: Ladder, ways: Ways, clock: Clock) -> None:
        """Reads nothing yet."""
        self._edge = edge
        self._store = store
        self._ladder = ladder
        self._ways = ways
        self._clock = clock
        self._placed = False

    def read(self) -> int:
        """Takes what changed at the edge, to its end; how many changes that were."""
        took = 0
        while changes := self._edge.changes(self._place(), _PAGE):
            self._take(changes)
            took += len(changes)
        return took

    def climb(self) -> int:
        """Tells whoever is to be told now; how many messages were taken by a gateway.

        A rung that does not get through brings the next one forward in the same turn.
        """
        taken = 0
        while outcomes := self._round(self._clock.now()):
            taken += sum(isinstance(outcome, Delivered) for outcome in outcomes)
        return taken

    def _round(self, now: datetime) -> list[Outcome]:
        batches: dict[tuple[str, str], list[tuple[Matter, Rung]]] = defaultdict(list)
        for matter, plan in self._plans(now):
            for rung in self._apply(matter, plan, now):
                batches[rung.to, rung.by].append((matter, rung))
        outcomes = [self._tell(batch) for batch in batches.values()]
        return [outcome for outcome in outcomes if outcome is not None]

    def _place(self) -> int:
        with self._store.transaction() as connection:
            number, event_id = matter_rows.place(connection)
        if not self._placed:
            number = true_place(self._edge, number, event_id)
            self._placed = True
            with self._store.transaction() as connection:
                matter_rows.set_place(connection, number, event_id if number else "")
        return number

    def _take(self, changes: Sequence[Change]) -> None:
        about = {change.referral_id for change in changes if change.referral_id is not None}
        views = {referral_id: self._view(referral_id) for referral_id in about}
        now = self._clock.now()
        with self._store.transaction() as connection:
            for change in changes:
                view = views.get(change.referral_id or "")
                if view is not None:
                    _begin(connection, change, view)
            for referral_id, view in views.items():
                matter_rows.end(connection, referral_id, _waiting(view), now)
            matter_rows.set_place(connection, changes[-1].number, changes[-1].event_id)

    def _view(self, referral_id: str) -> ReferralView | None:
        try:
            return self._edge.referral(referral_id)
        except UnknownThing:
            return None

    def _plans(self, now: datetime) -> list[tuple[Matter, Plan]]:
        with self._store.transaction() as connection:
            waiting = matter_rows.open_matters(connection)
            steps = matter_rows.steps_of_open(connection)
            gateways = gateway_rows.all_gateways(connection)
        down = {gateway.name for gateway in gateways if gateway.down(now)}
        waiting.sort(key=lambda matter: matter.urgency not in {"urgent", "emergency"})
        return [
            (matter, rules.plan(matter, self._ladder, steps.get(matter.number, {}), down, now))
            for matter in waiting
        ]

    def _apply(self, matter: Matter, plan: Plan, now: datetime) -> tuple[Rung, ...]:
        """Notes what the plan says; the rungs by which to tell, if it waits still."""
        if plan.send and matter.kind not in _waiting(self._view(matter.referral_id)):
            with self._store.transaction() as connection:
                matter_rows.end_one(connection, matter.number, now)
            return ()
        if plan.give_up or plan.told or plan.loud != (matter.loud_at is not None):
            self._note(matter, plan, now)
        return plan.send

    def _note(self, matter: Matter, plan: Plan, now: datetime) -> None:
        with self._store.transaction() as connection:
            for rung in plan.give_up:
                matter_rows.set_step(connection, matter.number, rung, state="given-up")
            if plan.loud != (matter.loud_at is not None):
                matter_rows.set_loud(connection, matter.number, now if plan.loud else None)
            if plan.told:
                matter_rows.end_one(connection, matter.number, now)
        for rung in plan.give_up:
            _LOG.error("notice %d: %s was never told by %s; given up", matter.number, rung.to, rung.by)
        if plan.loud and matter.loud_at is None:
            _LOG.critical(
                "NOBODY HAS ANSWERED notice %d (%s, %s, since %s): the ladder has no higher rung; sign in",
                matter.number,
                matter.urgency,
                matter.kind,
                matter.since.isoformat(timespec="minutes"),
            )

    def _tell(self, batch: list[tuple[Matter, Rung]]) -> Outcome | None:
        """One message for all that waits for the same contact, stored as tried before it leaves.

        None where none was to be sent after all.
        """
        now = self._clock.now()
        rung = batch[0][1]
        planned = self._plan_all(batch, now)
        if not planned:
            return None
        # The oldest matter names the message, so that a repeat of it is known as one by who cares to look.
        first = planned[0]
        message_id = ids.derived(first[0].cause, f"notice.{first[0].kind}", first[1].key)
        outcome = self._ways.tell(rung, message_id, [_told(matter) for matter, _ in planned], now)
        self._settle(planned, outcome)
        return outcome

    def _plan_all(self, batch: list[tuple[Matter, Rung]], now: datetime) -> list[tuple[Matter, Rung]]:
        """The attempts, stored; none where their gateway has failed since they were decided on."""
        with self._store.transaction() as connection:
            known = gateway_rows.gateway(connection, batch[0][1].gateway)
            if known is not None and known.down(now):
                return []
            return [
                (matter, rung)
                for matter, rung in batch
                if matter_rows.plan_step(connection, matter.number, rung, now)
            ]

    def _settle(self, planned: list[tuple[Matter, Rung]], outcome: Outcome) -> None:
        now, name = self._clock.now(), planned[0][1].gateway
        with self._store.transaction() as connection:
            if isinstance(outcome, Delivered):
                gateway_rows.note_works(connection, name, now)
                values: Mapping[str, object] = {"state": "sent", "sent_at": now, "code": None}
            else:
                gateway = gateway_rows.note_failed(connection, name, outcome, now)
                values = _failed(outcome, gateway.next_try_at)
            for matter, rung in planned:
                matter_rows.set_step(connection, matter.number, rung, **values)
        if isinstance(outcome, Failed):
            _LOG.error("%s did not take a notice: %s; the next rung is used", name, outcome.code)


def _begin(connection: Connection, change: Change, view: ReferralView) -> None:
    for kind in sorted(rules.opens(change.kind, view)):
        matter_rows.begin(
            connection,
            kind=kind,
            referral_id=view.referral_id,
            cause=change.event_id,
            urgency=rules.urgency_of(kind, view),
            since=change.at,
        )


def _waiting(view: ReferralView | None) -> frozenset[str]:
    return rules.kinds_waiting(view) if view is not None else frozenset()


def _failed(outcome: Failed, gateway_at: datetime) -> Mapping[str, object]:
    """What the step is now. One that its gateway holds up goes on when the gateway is tried again."""
    if outcome.lasting:
        return {"state": "given-up", "code": outcome.code}
    if outcome.gateway:
        return {"next_try_at": gateway_at, "code": outcome.code}
    return {"code": outcome.code}


def _told(matter: Matter) -> Told:
    return {
        "number": matter.number,
        "kind": matter.kind,
        "urgency": matter.urgency,
        "referral_id": matter.referral_id,
        "since": matter.since.isoformat(),
    }
