"""Any order of give, withdraw, seal, open and passing time keeps the promises, with crashes in between."""

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from ledger_kit import CODEC, RECIPIENT, SENDER, STRANGER, LedgerKit, a_form, a_part, to_open

from consent_ledger import ending, giving, listing
from consent_ledger.records import ConsentForm
from consent_ledger.refusals import Refusal
from consent_ledger.sealing import open_locks, seal
from referral_exchange.events import ConsentGiven

CLASSES = ("needs", "identity", "health")


class ConsentMachine(RuleBasedStateMachine):
    """The model: which consents stand, when they end, and what was opened under each."""

    forms = Bundle("forms")
    locks = Bundle("locks")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="ledger-machine-"))
        self.withdrawn: set[str] = set()
        self.opened: dict[str, int] = {}
        self.given: dict[str, ConsentForm] = {}

    @initialize()
    def start(self) -> None:
        self.kit = LedgerKit(self.folder)

    def live(self, form: ConsentForm) -> bool:
        return form.consent_id not in self.withdrawn and self.kit.clock.now < form.ends_at

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
        assert not giving.give(self.kit.ledger, form).created

    @rule(form=forms)
    def withdraw(self, form: ConsentForm) -> None:
        done = ending.withdraw(self.kit.ledger, SENDER, form.consent_id)
        self.withdrawn.add(form.consent_id)
        assert len(done.opened_before) == self.opened[form.consent_id]

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
            assert not self.live(form)
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
        self.kit = LedgerKit(self.folder, self.kit.clock, self.kit.log)

    @rule()
    def send(self) -> None:
        while self.kit.outbox.step():
            pass

    @invariant()
    def every_opening_is_listed(self) -> None:
        for consent_id, times in self.opened.items():
            lines = listing.disclosures_of(self.kit.ledger, SENDER, [consent_id])
            assert sum(line.kind == "opened" for line in lines) == times

    @invariant()
    def each_consent_is_told_once(self) -> None:
        told = [m for m in self.kit.log.messages if m.headers["ce_type"] == b"ConsentGiven.v1"]
        events = [CODEC.decode(m.value, "ConsentGiven.v1") for m in told]
        named = [e.consent_id for e in events if isinstance(e, ConsentGiven)]
        assert len(named) == len(set(named))

    def teardown(self) -> None:
        self.kit.close()
        shutil.rmtree(self.folder)


TestConsentMachine = ConsentMachine.TestCase
TestConsentMachine.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)
