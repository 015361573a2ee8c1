"""Why a referral is stuck, as far as the console can see, and which runbook helps. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from status_board import rules
from status_board.rules import Entry, Reason
from status_board.world import LEDGER, ROUTER, World

Cause = Literal[
    "broker-lost",
    "router-down",
    "recipient-paused",
    "recipient-away",
    "ledger-away",
    "recipient-behind",
    "not-answered",
    "purge-not-answered",
    "unseen",
]
"""What keeps it; `unseen`: nothing that the console can see."""

RUNBOOKS: Mapping[Cause, str] = {
    "broker-lost": "exchange-process-down",
    "router-down": "exchange-process-down",
    "recipient-paused": "recipient-away",
    "recipient-away": "recipient-away",
    "ledger-away": "exchange-process-down",
    "recipient-behind": "recipient-away",
    "not-answered": "unanswered",
    "purge-not-answered": "purge-overdue",
    "unseen": "stuck-referral",
}
"""The page in `deploy/runbooks` for each."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """Referrals that are stuck alike: for one reason, by one cause, at one participant."""

    reason: Reason
    cause: Cause
    participant: str
    entries: tuple[Entry, ...]

    @property
    def since(self) -> datetime:
        """Since when the first of them stands as it does."""
        return min(entry.since for entry in self.entries)


def stuck(entries: Iterable[Entry], now: datetime, world: World, within: timedelta) -> list[Stuck]:
    """Every stuck referral, those alike together, in the order in which they should be looked at."""
    found: dict[tuple[Reason, Cause, str], list[Entry]] = {}
    for entry in rules.in_order(entries, now):
        if (reason := rules.stuck(entry, now, within)) is not None:
            participant = world.participant_of(entry.programme_to)
            found.setdefault((reason, why(reason, participant, world), participant), []).append(entry)
    return [Stuck(*alike, tuple(each)) for alike, each in found.items()]


def why(reason: Reason, participant: str, world: World) -> Cause:
    """The first cause that explains it, the widest first."""
    return next(_causes(reason, participant, world))


def _causes(reason: Reason, participant: str, world: World) -> Iterator[Cause]:
    if world.broker_lost:
        yield "broker-lost"
    if _is_down(world, ROUTER):
        yield "router-down"
    if (listed := world.directory.participants.get(participant)) and listed.standing != "enrolled":
        yield "recipient-paused"
    process = world.process_of(participant)
    if process is not None and process.status != "ready":
        yield "recipient-away"
    if _is_down(world, LEDGER):
        yield "ledger-away"
    if reason == "clock-elapsed":
        yield "not-answered"
    if reason == "purge-overdue":
        yield "purge-not-answered"
    if world.unread_of(participant):
        yield "recipient-behind"
    yield "unseen"


def _is_down(world: World, name: str) -> bool:
    service = world.service(name)
    return service is not None and service.is_down
