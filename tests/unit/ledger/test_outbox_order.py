"""Facts reach the log in order for each consent, at least once, always the same bytes."""

import threading
from collections import Counter

import pytest
from ledger_kit import SENDER, LedgerKit, a_form

from consent_ledger import ending
from consent_ledger.giving import give
from referral_exchange.runtime import OutcomeUnknown, ProduceRefused


def types_of(kit: LedgerKit, consent_id: str) -> list[str]:
    return [m.headers["ce_type"].decode() for m in kit.log.messages if m.key == consent_id]


def test_a_withdrawal_waits_until_the_broker_has_the_consent(kit: LedgerKit) -> None:
    form = a_form()
    give(kit.ledger, form)
    ending.withdraw(kit.ledger, SENDER, form.consent_id)
    kit.log.be_away()
    with pytest.raises(OutcomeUnknown):
        kit.outbox.step()
    kit.log.work()
    assert kit.outbox.step() == 2
    assert types_of(kit, form.consent_id) == ["ConsentGiven.v1"]
    assert kit.outbox.step() == 2
    assert types_of(kit, form.consent_id) == ["ConsentGiven.v1", "ConsentWithdrawn.v1"]
    assert kit.outbox.step() == 0


def test_a_lost_acknowledgement_and_a_restart_repeat_the_same_bytes(kit: LedgerKit) -> None:
    form = a_form()
    give(kit.ledger, form)
    kit.log.lose_acknowledgements()
    with pytest.raises(OutcomeUnknown):
        kit.outbox.step()
    kit.log.work()
    restarted = kit.restarted()
    assert restarted.outbox.step() == 2
    sent = Counter((m.key, m.value, tuple(sorted(m.headers.items()))) for m in kit.log.messages)
    assert sorted(sent.values()) == [2, 2]
    assert len({m.headers["ce_id"] for m in kit.log.messages}) == 2
    restarted.close()


def test_whoever_waits_is_told_once_all_is_acknowledged(kit: LedgerKit) -> None:
    given = give(kit.ledger, a_form())
    waiting = kit.outbox.acknowledgement(given.waiting)
    gave_up = kit.outbox.acknowledgement(given.waiting)
    gave_up.cancel()
    assert not waiting.done()
    kit.outbox.step()
    assert waiting.done()
    assert kit.outbox.acknowledgement(given.waiting).done()


def test_a_broker_that_is_away_is_waited_for(kit: LedgerKit) -> None:
    given = give(kit.ledger, a_form())
    waiting, stop = kit.outbox.acknowledgement(given.waiting), threading.Event()
    kit.log.be_away()
    thread = threading.Thread(target=kit.outbox.run, args=(stop,))
    thread.start()
    while kit.outbox.reaches_broker:
        assert thread.is_alive()
    kit.log.work()
    waiting.result(10)
    stop.set()
    kit.outbox.hurry()
    thread.join(10)
    assert not thread.is_alive()
    assert len(kit.log.messages) == 2


def test_a_broker_that_keeps_refusing_ends_the_run_loudly(
    kit: LedgerKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consent_ledger.outbox._LONGEST_PAUSE_S", 0.001)
    monkeypatch.setattr("consent_ledger.outbox._FIRST_PAUSE_S", 0.001)
    give(kit.ledger, a_form())
    kit.log.failing = ProduceRefused("consents: TOPIC_AUTHORIZATION_FAILED")
    with pytest.raises(ProduceRefused):
        kit.outbox.run(threading.Event())
