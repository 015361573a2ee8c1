"""What the router keeps of one referral. Routing fields only; times are milliseconds since the epoch, UTC."""

from collections.abc import Mapping
from typing import Literal, NamedTuple, Protocol

State = Literal[
    "unspecified",
    "consented",
    "requested",
    "received",
    "accepted",
    "rejected",
    "cancelled",
    "in_progress",
    "on_hold",
    "completed",
    "failed",
    "entered_in_error",
]
Standing = Literal["unspecified", "live", "withdrawn", "expired"]
Urgency = Literal["unspecified", "routine", "urgent", "emergency"]
Role = Literal["sender", "recipient"]

TERMINAL = frozenset({"rejected", "cancelled", "completed", "failed", "entered_in_error"})
"""States that nothing leaves."""

COMMITTED = "committed"
"""The verdict of an event that was taken."""

LEDGER = "consent_ledger"
"""The participant that writes `consents`."""

ROUTER = "referral_router"
"""The programme the router speaks as, and is spoken to."""

GROUND = "ground"
"""What the ledger's fact made of a consent id: no consent but a ground. Kept among the verdicts, as the
ledger's, under the ground's own id."""


class Consent(NamedTuple):
    """A consent or ground, as `consents` tells of it. `ends_at` None: with the referral."""

    consent_id: str
    programme_from: str
    programme_to: str
    ends_at: int | None
    standing: Standing
    ended_offset: int | None = None

    def in_force(self, now: int) -> bool:
        """Whether it lives and its end date is ahead: time ends a consent before the ledger says so."""
        return self.standing == "live" and (self.ends_at is None or now < self.ends_at)


class Clock(NamedTuple):
    """A due time. `elapsed`: ClockElapsed was sent for it."""

    name: str
    due_at: int
    elapsed: bool


class Verdict(NamedTuple):
    """What became of one event of one participant, and of which bytes."""

    participant: str
    event_id: str
    offset: int
    code: str
    fingerprint: int


class Referral(NamedTuple):
    """One referral. `programme_from` and `programme_to` are None until it is opened."""

    referral_id: str
    programme_from: str | None = None
    programme_to: str | None = None
    state: State = "consented"
    sub_state: str | None = None
    urgency: Urgency = "unspecified"
    consents: tuple[Consent, ...] = ()
    clocks: tuple[Clock, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    trace_id: str | None = None
    updated_at: int = 0
    closed_at: int | None = None

    def parties(self) -> frozenset[str]:
        """The two programmes its consents name."""
        return frozenset(self.consents[0][1:3]) if self.consents else frozenset()

    def concerns(self, programme: str) -> bool:
        """Whether `programme` is one of the two."""
        if not self.consents:
            return False
        first = self.consents[0]
        return programme == first.programme_from or programme == first.programme_to

    def consent(self, consent_id: str) -> Consent | None:
        """The consent of that id; None where it is none of this referral's."""
        for held in self.consents:
            if held.consent_id == consent_id:
                return held
        return None

    def stands_on_ground(self, consent_id: str) -> bool:
        """Whether what goes by that consent id is a ground."""
        known = self.verdict(LEDGER, consent_id)
        return known is not None and known.code == GROUND

    def verdict(self, participant: str, event_id: str) -> Verdict | None:
        """What became of that event; None where it is new."""
        for verdict in self.verdicts:
            if verdict.event_id == event_id and verdict.participant == participant:
                return verdict
        return None

    def next_due(self) -> Clock | None:
        """The clock that runs out next."""
        return min((c for c in self.clocks if not c.elapsed), key=lambda c: c.due_at, default=None)


class Incoming(NamedTuple):
    """A decoded message of an outbox or of `consents`: all that rules look at. Parts are only counted."""

    participant: str
    """Who wrote it, by its topic and never by its body."""
    listed: bool
    """Whether topic.toml lets an outbox carry events of this type."""
    key: str
    in_its_partition: bool
    offset: int
    appended_at: int
    """When the broker appended it."""
    fingerprint: int
    """Of its bytes: the same event id over other bytes is no repeat."""
    kind: str
    event_id: str
    occurred_at: int
    programme_from: str
    programme_to: str
    referral_id: str
    consent_id: str
    said: str = ""
    """The one word that moves the state: the answer, the service state, the cancellation, the purge."""
    sub_state: str | None = None
    return_consent_id: str = ""
    urgency: Urgency = "unspecified"
    parts: int = 0
    ends_at: int | None = None
    """When the consent ends that a fact of the ledger gives."""


class Programmes(Protocol):
    """Who runs which programme and can be reached."""

    @property
    def away(self) -> Mapping[str, str]:
        """Standing by programme, of those whose participant does not take part: paused, expelled."""

    def participant_of(self, programme: str) -> str | None:
        """The participant that runs `programme`; None where it is unknown or has no mailboxes."""

    def barred(self, sender: str, recipient: str) -> str | None:
        """The refusal code where a rule of confidentiality forbids what `sender` says to `recipient`."""
