"""Imports are read without looking for garbage, and afterwards it is looked for again."""

import gc

import pytest

from referral_exchange.beginning import importing


def test_nothing_is_collected_while_it_imports_and_what_came_is_left_alone_later() -> None:
    before = gc.get_freeze_count()
    with importing():
        assert not gc.isenabled()
        came = [[number] for number in range(1000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= before + len(came)
    gc.unfreeze()


def test_a_program_that_cannot_be_imported_leaves_the_collector_on() -> None:
    with pytest.raises(ModuleNotFoundError), importing():
        raise ModuleNotFoundError
    assert gc.isenabled()
    gc.unfreeze()
