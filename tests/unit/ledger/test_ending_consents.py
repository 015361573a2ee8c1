"""Withdrawal ends everything at once; expiry denies at once and destroys later; neither comes back."""

from datetime import timedelta

import pytest
from ledger_kit import CODEC, RECIPIENT, SENDER, START, LedgerKit, a_form, a_part, to_open
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from consent_ledger import ending, store
from consent_ledger.giving import give
from consent_ledger.records import Consent
from consent_ledger.refusals import Denied
from consent_ledger.sealing import check, open_locks, seal
from referral_exchange.events import ConsentExpired, ConsentWithdrawn

DAY = 24 * 3600


def keys_left(kit: LedgerKit) -> set[str]:
    with kit.ledger.operation() as operation:
        return set(store.keys_of(operation.connection))


def standing(kit: LedgerKit, consent_id: str) -> Consent:
    with kit.ledger.operation() as operation:
        return store.hold(operation.connection, {consent_id})[consent_id]


def test_a_withdrawal_ends_both_consents_and_lists_what_was_opened(kit: LedgerKit) -> None:
    form, other = a_form(), a_form()
    give(kit.ledger, form)
    give(kit.ledger, other)
    identity, needs = seal(kit.ledger, SENDER, [a_part(form), a_part(form, "needs")])
    open_locks(kit.ledger, RECIPIENT, [to_open(form, identity)])
    kit.clock.pass_(minutes=3)
    done = ending.withdraw(kit.ledger, SENDER, form.consent_id)
    assert done.in_force_at == START + timedelta(minutes=3)
    assert [(line.data_class, line.recipient) for line in done.opened_before] == [("identity", RECIPIENT)]
    assert keys_left(kit) == {other.consent_id, other.return_consent_id}
    for lock in (identity, needs):
        with pytest.raises(Denied) as denied:
            open_locks(kit.ledger, RECIPIENT, [to_open(form, lock)])
        assert "consent-ended" in [r.id for r in denied.value.rules]
    for asker, consent_id, recipient in (
        (SENDER, form.consent_id, RECIPIENT),
        (RECIPIENT, form.return_consent_id, SENDER),
    ):
        with pytest.raises(Denied):
            check(kit.ledger, asker, consent_id, form.referral_id, recipient)


def test_a_withdrawal_repeated_answers_the_same_and_says_nothing_twice(kit: LedgerKit) -> None:
    form = a_form()
    give(kit.ledger, form)
    (lock,) = seal(kit.ledger, SENDER, [a_part(form)])
    open_locks(kit.ledger, RECIPIENT, [to_open(form, lock)])
    first = ending.withdraw(kit.ledger, SENDER, form.consent_id)
    kit.clock.pass_(hours=1)
    for named in (form.consent_id, form.return_consent_id):
        again = ending.withdraw(kit.ledger, SENDER, named)
        assert (again.in_force_at, again.opened_before) == (first.in_force_at, first.opened_before)
    while kit.outbox.step():
        pass
    events = [CODEC.decode(m.value, m.headers["ce_type"].decode()) for m in kit.log.messages]
    withdrawn = [e.consent_id for e in events if isinstance(e, ConsentWithdrawn)]
    assert sorted(withdrawn) == sorted([form.consent_id, form.return_consent_id])


def test_only_the_discloser_withdraws(kit: LedgerKit) -> None:
    form = a_form()
    give(kit.ledger, form)
    with pytest.raises(Denied):
        ending.withdraw(kit.ledger, RECIPIENT, form.consent_id)
    assert standing(kit, form.consent_id).standing == "live"


def test_an_expired_consent_is_denied_at_once_before_anyone_notices(kit: LedgerKit) -> None:
    form = a_form(ends_at=START + timedelta(hours=1))
    give(kit.ledger, form)
    (lock,) = seal(kit.ledger, SENDER, [a_part(form)])
    kit.clock.pass_(minutes=59, seconds=59)
    open_locks(kit.ledger, RECIPIENT, [to_open(form, lock)])
    kit.clock.pass_(seconds=1)
    with pytest.raises(Denied) as denied:
        open_locks(kit.ledger, RECIPIENT, [to_open(form, lock)])
    assert "consent-ended" in [r.id for r in denied.value.rules]
    assert standing(kit, form.consent_id).standing == "live"


def test_an_expired_consent_is_told_once_and_its_key_destroyed_a_day_later(kit: LedgerKit) -> None:
    form = a_form(ends_at=START + timedelta(minutes=1))
    give(kit.ledger, form)
    kit.turns(120)
    assert standing(kit, form.consent_id).standing == "expired"
    kit.turns(DAY - 600, every=600)
    assert form.consent_id in keys_left(kit)
    kit.turns(1200, every=600)
    assert keys_left(kit) == set()
    while kit.outbox.step():
        pass
    events = [CODEC.decode(m.value, m.headers["ce_type"].decode()) for m in kit.log.messages]
    assert sum(isinstance(e, ConsentExpired) for e in events) == 2


def test_a_withdrawal_after_expiry_still_asks_for_a_purge_and_destroys(kit: LedgerKit) -> None:
    form = a_form(ends_at=START + timedelta(minutes=1))
    give(kit.ledger, form)
    kit.turns(120)
    done = ending.withdraw(kit.ledger, SENDER, form.consent_id)
    assert done.in_force_at == kit.clock.now
    assert keys_left(kit) == set()
    assert standing(kit, form.return_consent_id).standing == "withdrawn"


def test_a_clock_set_back_revives_nothing(kit: LedgerKit) -> None:
    form = a_form(ends_at=START + timedelta(minutes=10))
    give(kit.ledger, form)
    (lock,) = seal(kit.ledger, SENDER, [a_part(form)])
    kit.clock.pass_(minutes=11)
    with pytest.raises(Denied):
        open_locks(kit.ledger, RECIPIENT, [to_open(form, lock)])
    kit.clock.jump(minutes=-60)
    with pytest.raises(Denied):
        open_locks(kit.ledger, RECIPIENT, [to_open(form, lock)])
    restarted = kit.restarted()
    with pytest.raises(Denied):
        open_locks(restarted.ledger, RECIPIENT, [to_open(form, lock)])
    restarted.close()


def test_a_clock_that_stays_behind_is_told(kit: LedgerKit, caplog: pytest.LogCaptureFixture) -> None:
    kit.turns(60)
    assert caplog.text == ""
    kit.clock.jump(minutes=-60)
    kit.turns(20)
    assert "s behind the latest time seen" in caplog.text


def test_nothing_is_ended_or_destroyed_while_the_clock_jumps(kit: LedgerKit) -> None:
    form = a_form(ends_at=START + timedelta(days=2))
    give(kit.ledger, form)
    kit.turns(60)
    for _ in range(20):
        kit.clock.jump(days=1)
        kit.turns(20)
    assert standing(kit, form.consent_id).standing == "live"
    kit.turns(60)
    assert standing(kit, form.consent_id).standing == "expired"
    for _ in range(20):
        kit.clock.jump(days=3)
        kit.turns(60)
    assert form.consent_id in keys_left(kit)


def test_time_that_the_ledger_did_not_run_is_not_taken_for_steady(kit: LedgerKit) -> None:
    form = a_form(ends_at=START + timedelta(minutes=1))
    give(kit.ledger, form)
    kit.turns(120)
    kit.clock.pass_(days=3)
    restarted = kit.restarted()
    restarted.turns(60)
    assert form.consent_id in keys_left(restarted)
    restarted.turns(DAY, every=600)
    assert keys_left(restarted) == set()
    restarted.close()


def test_a_destroyed_key_is_nowhere_in_the_database_file(sqlite_kit: LedgerKit) -> None:
    kit = sqlite_kit
    form = a_form()
    give(kit.ledger, form)
    with kit.ledger.operation() as operation:
        wrapped = [key.wrapped for key in store.keys_of(operation.connection).values()]
    ending.withdraw(kit.ledger, SENDER, form.consent_id)
    kit.database.forget_history()
    held = b"".join(path.read_bytes() for path in kit.folder.glob("ledger.db*"))
    assert [key for key in wrapped if key in held] == []
    assert form.consent_id.encode() in held


def test_disclosures_are_only_ever_added(kit: LedgerKit) -> None:
    give(kit.ledger, a_form())
    for change in ("UPDATE disclosures SET kind = 'denied'", "DELETE FROM disclosures"):
        with pytest.raises(DBAPIError, match="only added"), kit.database.transaction() as connection:
            connection.execute(text(change))
