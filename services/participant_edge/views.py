"""What the edge shows of its referrals, inbox and withdrawals: routing fields, nothing about a person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, TypeVar

from participant_edge.commands import OpenRecord

Direction = Literal["sent", "received"]
Standing = Literal["live", "withdrawing", "withdrawn", "expired"]
PurgeState = Literal["asked", "purged", "legal_hold"]
PURGE_OVERDUE = "purge-overdue"
"""The router's clock of a withdrawal that its recipient has not answered."""

EntryState = Literal["waiting", "delivered", "shut", "held"]
"""waiting: to be delivered (again). shut: never delivered, `code` says why. held: a new key to confirm."""

WithdrawalState = Literal["not-yet-in-force", "in-force", "recipients-told"]
Once = Literal["once", "at-least-once"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Newest first. `next`: opaque cursor of the page behind this one, None at the end."""

    items: tuple[T, ...]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One event of a referral. `at`: by its writer's clock. `refused`: the code, None if it stands."""

    event_id: str
    kind: str
    """Record name, e.g. `ReferralAnswered`."""
    what: str
    """What it says: `accepted`, `in_progress:scheduled`, `withdrawn`; empty where the kind says it all."""
    programme: str
    at: datetime
    refused: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An own event that the router refused."""

    event_id: str
    code: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralView:
    """A referral as this participant sees it.

    `state`: FHIR Task status in wire form; `consented` before the offer.
    """

    referral_id: str
    direction: Direction
    programme_from: str
    programme_to: str
    consent_id: str
    return_consent_id: str
    state: str
    sub_state: str | None
    urgency: str
    answer_by: datetime | None
    standing: Standing
    """Of the forward consent."""
    purge: PurgeState | None
    """Set once a purge was asked for."""
    overdue: tuple[str, ...]
    """Names of the clocks that ran out."""
    updated_at: datetime
    kind: str = ""
    """Record name of what opened it, e.g. `ReferralOffered`, `WithdrawalAsked`; empty before that."""
    steps: tuple[Step, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    @property
    def late(self) -> tuple[str, ...]:
        """Clocks that ran out and matter yet: a purge that was answered in the end is late no more."""
        return tuple(clock for clock in self.overdue if clock != PURGE_OVERDUE or self.purge == "asked")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Handover:
    """A warm handover that was agreed: when, how both are made known to each other, who takes over."""

    at: datetime
    introduction: str
    """A code of `handover_introductions`."""
    role: str
    """A code of `handover_roles`; never a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Current:
    """A referral that still moves or waits for somebody, or changed lately, with all that a list needs."""

    view: ReferralView
    """With its steps and refusals."""
    covered: frozenset[str] = frozenset()
    """The data classes of a sent referral's consent; empty once it is over."""
    taken_back_here: bool = False
    """Whether this participant itself asked to end the consent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing this edge learnt or said: a step of a referral, a refusal, a clock that ran out, a report.

    `number` only grows and is never used again. Routing fields only; kept for 90 days.
    """

    number: int
    referral_id: str | None
    event_id: str
    """Of the event itself; for a refusal that of the refused event."""
    kind: str
    """Record name, e.g. `ReferralAnswered`, `EventRefused`, `ClockElapsed`."""
    what: str
    """As `Step.what`; for a refusal its code, for a clock its name."""
    direction: Direction
    """`received`: it came through the inbox. `sent`: said by this edge, and the broker has it."""
    at: datetime
    """When this edge learnt it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxEntry:
    """One message that came in. `parts`: how many sealed parts it still holds (0 once its consent ended)."""

    event_id: str
    kind: str
    what: str
    referral_id: str | None
    programme_from: str
    programme_to: str
    occurred_at: datetime
    received_at: datetime
    state: EntryState
    parts: int
    attempts: int
    delivered: Once
    """What the agency system's declared guard promises for this entry."""
    delivered_at: datetime | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Something that was opened before a withdrawal was in force."""

    consent_id: str
    data_class: str
    recipient: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeAnswer:
    """What a recipient says became of what it had opened."""

    programme: str
    purge: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """How far a withdrawal is. Until `in-force` the edge repeats it to the ledger."""

    consent_id: str
    referral_id: str
    state: WithdrawalState
    asked_at: datetime
    in_force_at: datetime | None
    opened_before: tuple[Opening, ...] = ()
    purge_answers: tuple[PurgeAnswer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """A line of the ledger's evidence. `kind`: given, sealed, opened, denied, withdrawn, expired."""

    consent_id: str
    referral_id: str
    recipient: str
    kind: str
    data_class: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SurvivorCode:
    """Nine digits that open a person's own page once. Show it once, keep it nowhere."""

    code: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class OpenedPart:
    """Plaintext, for this moment only: show it or deliver it, never keep it."""

    event_id: str
    data_class: str
    record: OpenRecord
