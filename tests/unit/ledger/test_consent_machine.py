"""Any order of acts and passing time keeps the promises, with crashes, backups and losses in between."""

import shutil
import tempfile
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta
from functools import cache
from pathlib import Path

from database_kit import NewDatabase
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from ledger_kit import (
    CODEC,
    RECIPIENT,
    SENDER,
    STRANGER,
    LedgerKit,
    a_form,
    a_part,
    as_another,
    to_open,
    with_tables,
)

from consent_ledger import backup, ending, giving, listing, store
from consent_ledger.confirming import confirm
from consent_ledger.records import ConsentForm
from consent_ledger.refusals import Refusal
from consent_ledger.restoring import Means, restore
from consent_ledger.sealing import open_locks, seal
from consent_ledger.told_consents import gather
from referral_exchange.events import ConsentGiven

CLASSES = ("needs", "identity", "health")


@cache
def given_in(value: bytes) -> object:
    """What a fact says; every step looks at all of them again."""
    return CODEC.decode(value, "ConsentGiven.v1")


class ConsentMachine(RuleBasedStateMachine):
    """The model: which consents stand, when they end, and what was opened under each."""

    forms = Bundle("forms")
    locks = Bundle("locks")

    def __init__(self, new_database: NewDatabase) -> None:
        super().__init__()
        self.place = ExitStack()
        self.url = self.place.enter_context(new_database(with_tables))
        as_another(self.url)
        self.folder = Path(tempfile.mkdtemp(prefix="ledger-machine-"))
        self.new_database = new_database
        self.withdrawn: set[str] = set()
        self.suspended: set[str] = set()
        self.opened: dict[str, int] = {}
        self.given: dict[str, ConsentForm] = {}
        self.given_again: dict[str, ConsentForm] = {}
        self.backed_up: tuple[int, set[str], dict[str, int]] | None = None

    @initialize()
    def start(self) -> None:
        self.kit = LedgerKit(self.folder, url=self.url)

    def live(self, form: ConsentForm) -> bool:
        """Whether anything may pass: given at this ledger, in force, and not waiting for its discloser."""
        here = form.consent_id in self.given and form.consent_id not in self.withdrawn | self.suspended
        return here and self.kit.clock.now < form.ends_at

    @rule(target=forms, hours=st.integers(1, 72), covered=st.sets(st.sampled_from(CLASSES), min_size=1))
    def give(self, hours: int, covered: set[str]) -> ConsentForm:
        now = self.kit.clock.now
        form = a_form(
            data_classes=frozenset(covered),
            explained_at=now - timedelta(minutes=2),
            signed_at=now - timedelta(minutes=1),
            ends_at=now + timedelta(hours=hours),
        )
        assert giving.give(self.kit.ledger, form).created
        self.given[form.consent_id], self.opened[form.consent_id] = form, 0
        return form

    @rule(form=forms)
    def give_again(self, form: ConsentForm) -> None:
        if form.consent_id in self.given:
            assert not giving.give(self.kit.ledger, form).created
            return
        try:
            assert giving.give(self.kit.ledger, form).created
        except Refusal:
            assert form.consent_id in self.withdrawn or self.kit.clock.now >= form.ends_at
            return
        assert form.consent_id not in self.withdrawn
        self.given[form.consent_id], self.opened[form.consent_id] = form, 0
        self.given_again[form.consent_id] = form

    @rule(form=forms)
    def withdraw(self, form: ConsentForm) -> None:
        done = ending.withdraw(self.kit.ledger, SENDER, form.consent_id)
        self.withdrawn.add(form.consent_id)
        assert len(done.opened_before) == self.opened.get(form.consent_id, 0)

    @rule(form=forms)
    def confirm(self, form: ConsentForm) -> None:
        """The sender's edge confirms what it did not withdraw, and nothing else."""
        if form.consent_id in self.given and form.consent_id not in self.withdrawn:
            confirm(self.kit.ledger, SENDER, [form.consent_id])
            self.suspended.discard(form.consent_id)

    @rule()
    def back_up(self) -> None:
        backup.take(self.kit.database, self.folder / "kept.backup")
        self.backed_up = self.epoch(), set(self.given), dict(self.opened)

    @rule()
    def lose_and_restore(self) -> None:
        """A ledger lost right after a backup of this epoch; what it had told was told."""
        if self.backed_up is None or self.backed_up[0] != self.epoch():
            return
        _, given, self.opened = self.backed_up
        self.send()
        messages = self.kit.log.messages
        told = gather(CODEC.decode(m.value, m.headers["ce_type"].decode()) for m in messages)
        means = Means(self.kit.key_store, self.kit.ledger.facts, told, self.kit.clock.now)
        url = self.place.enter_context(self.new_database(with_tables))
        restore(url, self.folder / "kept.backup", means)
        self.kit.close()
        self.kit = LedgerKit(self.folder, self.kit.clock, self.kit.log, url)
        self.given = {i: form for i, form in self.given.items() if i in given}
        self.suspended, self.backed_up = set(self.given), None

    def epoch(self) -> int:
        with self.kit.ledger.operation() as operation:
            return int(store.upkeep_row(operation.connection).epoch)

    @rule(target=locks, form=forms, data_class=st.sampled_from(CLASSES))
    def seal(self, form: ConsentForm, data_class: str) -> tuple[ConsentForm, str, bytes | None]:
        try:
            (lock,) = seal(self.kit.ledger, SENDER, [a_part(form, data_class)])
        except Refusal:
            assert not (self.live(form) and data_class in form.data_classes)
            return form, data_class, None
        assert self.live(form)
        assert data_class in form.data_classes
        return form, data_class, lock

    @rule(made=locks)
    def open(self, made: tuple[ConsentForm, str, bytes | None]) -> None:
        form, data_class, lock = made
        if lock is None:
            return
        try:
            (opened,) = open_locks(self.kit.ledger, RECIPIENT, [to_open(form, lock)])
        except Refusal:
            # What was given once more has another key, and what was sealed before stays shut.
            assert not self.live(form) or form.consent_id in self.given_again
            return
        assert self.live(form)
        assert opened.data_class == data_class
        self.opened[form.consent_id] += 1

    @rule(made=locks, asker=st.sampled_from((SENDER, STRANGER)))
    def open_as_another(self, made: tuple[ConsentForm, str, bytes | None], asker: str) -> None:
        form, _, lock = made
        try:
            open_locks(self.kit.ledger, asker, [to_open(form, lock or b"none")])
        except Refusal:
            return
        raise AssertionError("opened by one whom the lock does not name")

    @rule(hours=st.integers(1, 30))
    def time_passes(self, hours: int) -> None:
        self.kit.turns(hours * 3600, every=1800)

    @rule()
    def epoch_turns(self) -> None:
        self.kit.upkeep.new_epoch()

    @rule()
    def restart(self) -> None:
        self.kit.close()
        self.kit = self.kit.restarted()

    @rule()
    def send(self) -> None:
        while self.kit.outbox.step():
            pass

    @invariant()
    def every_opening_is_listed(self) -> None:
        lines = listing.disclosures_of(self.kit.ledger, SENDER, list(self.opened))
        listed = Counter(line.consent_id for line in lines if line.kind == "opened")
        assert listed == +Counter(self.opened)

    @invariant()
    def each_consent_is_told_once(self) -> None:
        told = [m for m in self.kit.log.messages if m.headers["ce_type"] == b"ConsentGiven.v1"]
        events = [given_in(m.value) for m in told]
        named = Counter(e.consent_id for e in events if isinstance(e, ConsentGiven))
        lost = {i for form in self.given_again.values() for i in (form.consent_id, form.return_consent_id)}
        assert {i for i, times in named.items() if times > 1} <= lost

    @invariant()
    def no_end_is_followed_by_a_beginning(self) -> None:
        ended: set[str] = set()
        for message in self.kit.log.messages:
            kind = message.headers["ce_type"]
            if kind in (b"ConsentWithdrawn.v1", b"ConsentExpired.v1"):
                ended.add(message.key)
            assert not (kind == b"ConsentGiven.v1" and message.key in ended)

    def teardown(self) -> None:
        self.kit.close()
        self.place.close()
        shutil.rmtree(self.folder)


def test_any_order_of_acts_keeps_the_promises(new_database: NewDatabase) -> None:
    """What breaks them is told as it was found: to make it shorter may take longer than a test may."""
    told = (Phase.explicit, Phase.reuse, Phase.generate)
    few = settings(max_examples=12, stateful_step_count=25, deadline=None, phases=told)
    run_state_machine_as_test(lambda: ConsentMachine(new_database), settings=few)
