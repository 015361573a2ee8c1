"""The daily turn: a new epoch key wraps everything, the old one goes; a crash leaves one of them whole."""

import os
import stat

import pytest
from ledger_kit import RECIPIENT, SENDER, LedgerKit, a_form, a_part, to_open

from consent_ledger import store
from consent_ledger.giving import give
from consent_ledger.key_store import EpochKeyMissing
from consent_ledger.sealing import open_locks, seal


class Crash(Exception):
    """Stands for the process's end at that point."""


class CrashAt:
    """A fault point that raises instead of killing the test."""

    def __init__(self, name: str) -> None:
        self._name = name

    def reach(self, name: str) -> None:
        if name == self._name:
            raise Crash


def files(kit: LedgerKit) -> list[str]:
    return sorted(path.name.split(".", 1)[1] for path in kit.epoch_folder.iterdir())


def epochs_in_use(kit: LedgerKit) -> set[int]:
    with kit.ledger.operation() as operation:
        return {key.epoch for key in store.keys_of(operation.connection).values()}


def test_a_turn_of_the_epoch_keeps_every_lock_openable_and_destroys_the_old_key(kit: LedgerKit) -> None:
    form = a_form()
    give(kit.ledger, form)
    (lock,) = seal(kit.ledger, SENDER, [a_part(form)])
    assert files(kit) == ["1.key"]
    assert kit.upkeep.new_epoch() == 2
    assert files(kit) == ["2.key"]
    assert epochs_in_use(kit) == {2}
    assert open_locks(kit.ledger, RECIPIENT, [to_open(form, lock)])
    restarted = kit.restarted()
    assert open_locks(restarted.ledger, RECIPIENT, [to_open(form, lock)])
    restarted.close()


def test_the_epoch_turns_once_a_day_by_itself(kit: LedgerKit) -> None:
    kit.turns(23 * 3600, every=600)
    assert files(kit) == ["1.key"]
    kit.turns(2 * 3600, every=600)
    assert files(kit) == ["2.key"]


def test_the_epoch_turns_even_when_the_clock_was_set_back(kit: LedgerKit) -> None:
    kit.clock.jump(days=-5)
    kit.turns(25 * 3600, every=600)
    assert files(kit) == ["2.key"]


def test_key_files_are_the_owners_alone(kit: LedgerKit) -> None:
    (path,) = kit.epoch_folder.iterdir()
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(kit.epoch_folder).st_mode) == 0o700


@pytest.mark.parametrize("point", ["consent_ledger:epoch-key-written", "consent_ledger:epoch-rewrapped"])
def test_a_crash_in_the_turn_loses_no_key(kit: LedgerKit, point: str) -> None:
    form = a_form()
    give(kit.ledger, form)
    (lock,) = seal(kit.ledger, SENDER, [a_part(form)])
    object.__setattr__(kit.ledger, "faults", CrashAt(point))
    with pytest.raises(Crash):
        kit.upkeep.new_epoch()
    assert files(kit) == ["1.key", "2.key"]
    restarted = kit.restarted()
    assert files(restarted) == (["1.key"] if point.endswith("written") else ["2.key"])
    assert open_locks(restarted.ledger, RECIPIENT, [to_open(form, lock)])
    restarted.upkeep.new_epoch()
    assert open_locks(restarted.ledger, RECIPIENT, [to_open(form, lock)])
    restarted.close()


def test_a_ledger_without_its_epoch_key_does_not_start_and_destroys_nothing(kit: LedgerKit) -> None:
    give(kit.ledger, a_form())
    (path,) = kit.epoch_folder.iterdir()
    path.rename(path.with_name(path.name.replace(".1.key", ".7.key")))
    with pytest.raises(EpochKeyMissing):
        kit.restarted()
    assert files(kit) == ["7.key"]


def test_another_ledgers_keys_in_the_same_folder_are_left_alone(kit: LedgerKit) -> None:
    neighbour = kit.epoch_folder / "another-ledger.1.key"
    neighbour.write_bytes(b"\1" * 32)
    kit.upkeep.new_epoch()
    assert neighbour.read_bytes() == b"\1" * 32
