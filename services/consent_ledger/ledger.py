"""What every operation shares: one transaction, one time, and the place where it is committed."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from consent_ledger import evidence_rows, store
from consent_ledger.database import Database
from consent_ledger.evidence import Act
from consent_ledger.facts import FactMaker
from consent_ledger.key_store import KeyStore
from consent_ledger.ledger_time import utc_now
from consent_ledger.locks import fresh_key
from consent_ledger.records import Consent, ConsentKey, Disclosure, from_ms, whole_ms
from consent_ledger.rules import Listed
from consent_ledger.strangers import Strangers
from referral_exchange.fault_points import FaultPoints
from referral_exchange.policy import Decision, Policy, Question

KEY_VERSION = 1
"""Version of a consent's key; re-wrapping leaves the key as it is."""

WRONG_CODES, WRONG_CODE_EVERY_S = 60, 6.0
"""So many codes may be wrong at once, and one more every so many seconds: 14,400 tries a day at a billion."""


@dataclass(slots=True)
class Operation:
    """One transaction in progress. What is in `lines` and `acts` when it ends is committed with it.

    `leaves`: what the log says of that, once it has ended.
    """

    connection: Connection
    now: datetime
    lines: list[Disclosure] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    leaves: list[str] = field(default_factory=list)
    decided: dict[Question, Decision] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger's parts. The operations are in `giving`, `sealing`, `ending` and `listing`."""

    database: Database
    epoch_keys: KeyStore
    policy: Policy
    listed: Listed
    facts: FactMaker
    wall: Callable[[], datetime] = utc_now
    faults: FaultPoints = field(default_factory=FaultPoints)
    strangers: Strangers = field(default_factory=Strangers)
    tries: Strangers = field(default_factory=lambda: Strangers(WRONG_CODES, WRONG_CODE_EVERY_S))
    """Wrong codes of persons, whoever tried them."""

    @contextmanager
    def operation(self, *, alone: bool = False) -> Iterator[Operation]:
        """A transaction from its first statement; committed when the block ends, before any answer.

        This is the one place where disclosures are written, and a leaf of evidence for each, last of all:
        where the log cannot be written nothing else is either. Raises EvidenceUnwritten, UNAVAILABLE.
        """
        with self.database.transaction(alone=alone) as connection:
            operation = Operation(connection, self._now(connection))
            yield operation
            lines = self.strangers.written(operation.lines)
            operation.leaves = evidence_rows.note(connection, operation.now, lines, operation.acts)

    def decide(self, operation: Operation, question: Question) -> Decision:
        """What the policy says; the same question of a batch is judged once."""
        if question not in operation.decided:
            operation.decided[question] = self.policy.decide(question)
        return operation.decided[question]

    def new_keys(self, operation: Operation, consents: Collection[Consent]) -> None:
        """Makes and stores a key for each consent."""
        if not consents:
            return
        epoch = store.upkeep_row(operation.connection).epoch
        wrapped = (
            ConsentKey(
                c.consent_id, KEY_VERSION, epoch, self.epoch_keys.wrap(epoch, c.consent_id, fresh_key())
            )
            for c in consents
        )
        store.put_keys(operation.connection, wrapped)

    def unwrapped(self, operation: Operation, ids: set[str]) -> dict[str, tuple[int, bytes]]:
        """Key version and key of each consent that has one yet."""
        stored = store.keys_of(operation.connection, ids)
        return {
            i: (key.version, self.epoch_keys.unwrap(key.epoch, i, key.wrapped)) for i, key in stored.items()
        }

    def _now(self, connection: Connection) -> datetime:
        latest = from_ms(store.upkeep_row(connection).latest)
        now = whole_ms(self.wall())
        if now <= latest:
            return latest
        # Written once a second at most; a step back within that second is of no account.
        if (now - latest).total_seconds() >= 1:
            store.see_time(connection, now)
        return now
