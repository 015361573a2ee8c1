"""What the console has seen beside the referrals: who answers, who is behind, what is set aside. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from referral_exchange.directory import Directory
from referral_exchange.events import ReferralRecord
from referral_exchange.oversight.set_aside import Pointer, SetAside

Status = Literal["ready", "not-ready", "silent", "never"]
"""Of a process: it can work; it answers and cannot; it answered once and no more; nobody ever heard it."""

ROUTER, LEDGER = "referral_router", "consent_ledger"


@dataclass(frozen=True, slots=True)
class Health:
    """One process. `since`: in this status; `seen_at`: last time it was ready; `figures`: what it told."""

    name: str
    participant: str
    status: Status
    since: datetime
    seen_at: datetime | None = None
    figures: Mapping[str, float] = field(default_factory=dict)

    @property
    def is_down(self) -> bool:
        """Whether it worked once, or answers, and cannot work now."""
        return self.status in ("not-ready", "silent")


@dataclass(frozen=True, slots=True)
class Behind:
    """One reader on one topic. `since`: when the oldest unread message was first seen, if any."""

    group: str
    topic: str
    unread: int
    since: datetime | None
    begun: bool


SchemaStanding = Literal["same", "missing", "differs", "more"]
"""As committed; a committed version is absent; it is another text; the registry has versions we lack."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One record in the registry, and as this exchange has it."""

    subject: str
    committed: tuple[int, ...]
    registered: tuple[int, ...]
    standing: SchemaStanding


@dataclass(frozen=True, slots=True)
class Held:
    """What the router's record says of a referral that no step tells: its consents and clocks."""

    record: ReferralRecord

    @property
    def runs(self) -> bool:
        """Whether a clock of it has neither run out nor been stopped."""
        return any(not clock.elapsed for clock in self.record.clocks)


@dataclass(frozen=True, slots=True)
class World:
    """All of it, as it stood at one moment."""

    directory: Directory = field(default_factory=Directory)
    health: tuple[Health, ...] = ()
    lags: tuple[Behind, ...] = ()
    aside: tuple[SetAside, ...] = ()
    within: frozenset[Pointer] | None = None
    """Pointers whose bytes may still stand; None: not looked yet."""
    subjects: tuple[Subject, ...] = ()
    broker_lost: bool = False
    looked_at: Mapping[str, datetime] = field(default_factory=dict)
    """When each look last succeeded, by its name."""

    def participant_of(self, programme: str) -> str:
        """The participant that runs `programme`; empty where the directory lists none."""
        return self.directory.participant_of(programme) or ""

    def process_of(self, participant: str) -> Health | None:
        """The process of a participant that the console watches."""
        return next((each for each in self.health if each.participant == participant), None)

    def service(self, name: str) -> Health | None:
        """The service of that name."""
        return next((each for each in self.health if each.name == name), None)

    def unread_of(self, participant: str) -> int:
        """Messages that wait in the inbox of `participant`."""
        group = f"{participant}.edge"
        return sum(each.unread for each in self.lags if each.group == group)
