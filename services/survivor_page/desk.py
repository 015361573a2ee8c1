"""What a person does on her page: each is stored first, then done, and repeated while it has no answer."""

import json
import logging
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from participant_edge.edge import Edge
from participant_edge.errors import EdgeError, OutcomeUnknown
from participant_edge.own_memory import MemoryUnreadable, OwnMemory
from referral_exchange import ids
from referral_exchange.fault_points import FaultPoints
from referral_exchange.runtime.lifecycle import Clock
from survivor_page import rules, store
from survivor_page.database import Database, StoreUnavailable
from survivor_page.page_ledger import NotKnown, PageLedger
from survivor_page.rules import Shared
from survivor_page.store import Saying, TakenBack

PROGRAMME = "survivor_page"
PLAN_OFFICE = "plan_office"

_MEANWHILE = timedelta(seconds=20)
"""How long a fresh withdrawal is its request's before the repeats take it over."""

_FEEDBACK_WITHIN_MIN = 12 * 60
"""Feedback leaves at some minute of these, so that its hour tells nothing of whose it is."""

_LOOK_S = 0.5
_LONG_AGO = datetime.fromtimestamp(0, UTC)
_WITHOUT_OFFICE = timedelta(hours=1)
log = logging.getLogger(__name__)


class NotHers(Exception):
    """The form names what this session was not shown."""


@dataclass(frozen=True, slots=True, repr=False)
class Desk:
    """Thread-safe. `chance`: a number from 0 to below the one it is given."""

    database: Database
    ledger: PageLedger
    edge: Edge
    memory: OwnMemory
    clock: Clock
    faults: FaultPoints = field(default_factory=FaultPoints)
    chance: Callable[[int], int] = secrets.randbelow
    wake: threading.Event = field(default_factory=threading.Event)

    def seal(self, session: bytes, shown: Sequence[Shared]) -> bytes:
        """What a session was shown, for its own forms to bring back; opens for that session only."""
        said = [
            [each.consent_id, each.referral_id, each.discloser, each.recipient, each.standing]
            for each in shown
        ]
        return self.memory.protect(json.dumps(said).encode(), _row(session))

    def unseal(self, session: bytes, sealed: bytes) -> list[Shared]:
        """The same again, with nothing but ids, programmes and standing. Raises NotHers."""
        try:
            return [_bare(*each) for each in json.loads(self.memory.reveal(sealed, _row(session)))]
        except MemoryUnreadable:
            raise NotHers from None

    def take_back(self, session: bytes, which: Sequence[Shared]) -> dict[str, datetime | None]:
        """Ends these; since when each is in force, None: not yet, it is repeated. Raises StoreUnavailable.

        Her caseworker is asked to look after her, whatever the ledger says: once for all of them.
        """
        now = self.clock.now()
        asked = [
            TakenBack(each.consent_id, self.memory.protect(session, each.consent_id), now) for each in which
        ]
        with self.database.transaction() as connection:
            stored = store.take_back(connection, asked, now + _MEANWHILE)
            store.say(connection, _question(which[0], "check_on_me", which[0].consent_id), now)
        self.faults.reach("survivor_page:stored")
        self.wake.set()
        done = {each.consent_id: self._attempt(each) for each in stored}
        self.faults.reach("survivor_page:withdrawn")
        return done

    def waiting(self, shown: Sequence[Shared]) -> frozenset[str]:
        """Which of these were taken back and have no answer yet."""
        with self.database.transaction() as connection:
            return frozenset(store.of_consents(connection, {each.consent_id for each in shown}))

    def ask(self, about: Shared, question: str, key: str) -> None:
        """A question to who shared it. The same `key` asks once. Raises StoreUnavailable."""
        self._store(_question(about, question, key), self.clock.now())

    def feedback(self, about: str, answer: str, key: str) -> None:
        """What she thinks, from nobody. Raises StoreUnavailable."""
        minutes = timedelta(minutes=self.chance(_FEEDBACK_WITHIN_MIN))
        said = {"about": about, "answer": answer}
        self._store(
            Saying(ids.derived(key, "feedback", about), "FeedbackGiven", said), self.clock.now() + minutes
        )

    def turn(self, *, all_now: bool = False) -> int:
        """Repeats what is due, `all_now`: everything; how much is done."""
        until = self.clock.now() + (timedelta(days=365) if all_now else timedelta())
        with self.database.transaction() as connection:
            withdrawals = store.due_withdrawals(connection, until)
            sayings = store.due_sayings(connection, self.clock.now())
        done = sum(self._attempt(each) is not None for each in withdrawals)
        return done + sum(self._say(each) for each in sayings)

    def works(self) -> bool:
        """Whether something could be stored now."""
        try:
            with self.database.transaction() as connection:
                store.due_sayings(connection, _LONG_AGO)
        except StoreUnavailable:
            return False
        return True

    def run(self, stop: threading.Event) -> None:
        """Turns until `stop`; what an earlier process left is repeated at once."""
        started_over = False
        while not stop.is_set():
            self.wake.clear()
            try:
                self.turn(all_now=not started_over)
                started_over = True
            except StoreUnavailable as error:
                log.error("what is to be repeated waits: %s", error)
            self.wake.wait(_LOOK_S)

    def _store(self, saying: Saying, at: datetime) -> None:
        with self.database.transaction() as connection:
            store.say(connection, saying, at)
        self.wake.set()

    def _attempt(self, asked: TakenBack) -> datetime | None:
        """Asks the ledger once more; since when it is in force, None: nobody knows yet. Never raises.

        What cannot be written here afterwards is only repeated.
        """
        try:
            session = self.memory.reveal(asked.session, asked.consent_id)
            in_force_at = self.ledger.withdraw(session, asked.consent_id)
        except (OutcomeUnknown, NotKnown) as error:
            self._unanswered(asked, known=isinstance(error, OutcomeUnknown))
            return None
        self._settle(lambda connection: store.withdrawn(connection, asked.consent_id))
        return in_force_at

    def _unanswered(self, asked: TakenBack, *, known: bool) -> None:
        now, attempts = self.clock.now(), asked.attempts + 1
        if not known:
            # A ledger that was restored has lost the session; the caseworker was asked, and can do it.
            log.error("a withdrawal is not known to the ledger; tell its operator")
        if not known and rules.given_up(asked.asked_at, now):
            log.error("a withdrawal was not taken for 7 days and is given up")
            self._settle(lambda connection: store.withdrawn(connection, asked.consent_id))
            return
        next_at = now + rules.back_off(attempts)
        self._settle(lambda c: store.put_off_withdrawal(c, asked.consent_id, attempts, next_at))

    def _settle(self, write: Callable[[Connection], None]) -> None:
        try:
            with self.database.transaction() as connection:
                write(connection)
        except StoreUnavailable as error:
            log.error("what was done is repeated, for it could not be noted: %s", error)

    def _say(self, saying: Saying) -> bool:
        now = self.clock.now()
        if saying.kind == "FeedbackGiven" and not self._office_takes_part():
            self._put_off_saying(saying, now + _WITHOUT_OFFICE)
            return False
        try:
            self.edge.report(saying.kind, PROGRAMME, saying.fields, saying.id)
        except OutcomeUnknown:
            self._put_off_saying(saying, now + rules.back_off(saying.attempts + 1))
            return False
        except EdgeError as error:
            log.error("a %s cannot be said (%s) and is dropped", saying.kind, type(error).__name__)
        with self.database.transaction() as connection:
            store.said(connection, saying.id)
        return True

    def _office_takes_part(self) -> bool:
        return any(each.participant_id == PLAN_OFFICE for each in self.edge.participants())

    def _put_off_saying(self, saying: Saying, next_at: datetime) -> None:
        with self.database.transaction() as connection:
            store.put_off_saying(connection, saying.id, saying.attempts + 1, next_at)


def _question(about: Shared, question: str, key: str) -> Saying:
    said = {"programme_to": about.discloser, "about_referral": about.referral_id, "question": question}
    return Saying(ids.derived(key, question, about.referral_id), "QuestionAsked", said)


def _row(session: bytes) -> str:
    return f"shown {session.hex()}"


def _bare(consent_id: str, referral_id: str, discloser: str, recipient: str, standing: str) -> Shared:
    """What is needed to act on it; the rest is the ledger's to show."""
    return Shared(consent_id, referral_id, discloser, recipient, (), _LONG_AGO, None, standing, None, ())
