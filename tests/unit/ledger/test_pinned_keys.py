"""Programmes are known by the key that was first listed; the directory alone changes nothing."""

import threading
from dataclasses import replace

import pytest
from follower_kit import PaperFollower
from ledger_kit import RECIPIENT, SENDER, START, STREAMS, LedgerKit, a_directory

from consent_ledger.directory_watch import DirectoryWatch
from consent_ledger.pins import Pins
from referral_exchange.events import ProgrammeListed
from referral_exchange.signing import ProgrammeSigner, key_endorsement_bytes


def test_keys_are_pinned_as_first_listed_and_survive_a_restart(kit: LedgerKit) -> None:
    pins = Pins(kit.database)
    assert pins.key(SENDER, "1") is None
    pins.take(kit.directory.programmes, START)
    for known in (pins, Pins(kit.database)):
        assert known.key(SENDER, "1") == kit.signers[SENDER].public
        assert known.key(SENDER, "2") is None
        assert known.key("nobody-knows", "1") is None


@pytest.mark.parametrize("key_id", ["1", "2"])
def test_another_key_is_reported_once_and_not_taken(
    kit: LedgerKit, caplog: pytest.LogCaptureFixture, key_id: str
) -> None:
    pins = Pins(kit.database)
    pins.take(kit.directory.programmes, START)
    listed = kit.directory.programmes[SENDER]
    changed = {SENDER: replace(listed, signing_key=b"\1" * 32, key_id=key_id)}
    for _ in range(3):
        pins.take(changed, START)
    assert pins.key(SENDER, "1") == kit.signers[SENDER].public
    assert pins.key(SENDER, key_id) != b"\1" * 32
    assert caplog.text.count("lists another signing key") == 1
    assert Pins(kit.database).key(SENDER, "1") == kit.signers[SENDER].public


def rotated(kit: LedgerKit, by: ProgrammeSigner, **changes: object) -> dict[str, ProgrammeListed]:
    """SENDER's listing with a new key that `by` vouches for."""
    new = replace(kit.directory.programmes[SENDER], signing_key=b"\7" * 32, key_id="2", previous_key_id="1")
    covered = key_endorsement_bytes(SENDER, new.signing_key, new.sealing_key, "2")
    values = {"previous_key_signature": by.sign(covered), **changes}
    return {SENDER: replace(new, **values)}  # type: ignore[arg-type]


def test_a_key_that_the_pinned_one_signed_takes_its_place(kit: LedgerKit) -> None:
    pins = Pins(kit.database)
    pins.take(kit.directory.programmes, START)
    pins.take(rotated(kit, kit.signers[SENDER]), START)
    for known in (pins, Pins(kit.database)):
        assert known.key(SENDER, "2") == b"\7" * 32
        assert known.key(SENDER, "1") is None
    pins.take(kit.directory.programmes, START)
    assert pins.key(SENDER, "1") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"signing_key": b"\6" * 32},
        {"sealing_key": b"\6" * 32},
        {"key_id": "3"},
        {"key_id": "1"},
        {"previous_key_id": "0"},
        {"previous_key_signature": None},
        {"previous_key_signature": b"\0" * 64},
    ],
)
def test_a_word_for_another_key_or_of_another_counts_for_nothing(
    kit: LedgerKit, changes: dict[str, object]
) -> None:
    pins = Pins(kit.database)
    pins.take(kit.directory.programmes, START)
    pins.take(rotated(kit, kit.signers[SENDER], **changes), START)
    pins.take(rotated(kit, kit.signers[RECIPIENT]), START)
    assert pins.key(SENDER, "1") == kit.signers[SENDER].public
    assert pins.key(SENDER, "2") is pins.key(SENDER, "3") is None


def test_the_directory_is_complete_once_read_to_its_end(kit: LedgerKit) -> None:
    pins, follower = Pins(kit.database), PaperFollower(a_directory(kit.signers))
    watch = DirectoryWatch(follower, pins, kit.clock.wall)
    assert not watch.complete
    watch.step()
    assert watch.complete
    assert all(pins.key(programme, "1") for programme in STREAMS)


def test_a_broker_that_is_away_is_waited_for_and_keys_pinned_before_still_count(
    kit: LedgerKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consent_ledger.directory_watch._PAUSE_S", 0.001)
    Pins(kit.database).take(kit.directory.programmes, START)
    pins, follower = Pins(kit.database), PaperFollower(a_directory(kit.signers), away=True)
    watch, stop = DirectoryWatch(follower, pins, kit.clock.wall), threading.Event()
    thread = threading.Thread(target=watch.run, args=(stop,))
    thread.start()
    assert follower.asked.wait(10)
    assert not watch.complete
    assert pins.key(RECIPIENT, "1") == kit.signers[RECIPIENT].public
    follower.away = False
    while not watch.complete:
        assert thread.is_alive()
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
