"""What every key store does, whatever it is made of; and that a module's keys never leave it."""

import copy
import itertools
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ledger_kit import RECIPIENT, SENDER, LedgerKit, a_form, a_part, give_body, to_open
from module_kit import Module, ModuleStore, NoSuchKey, open_module

from consent_ledger import ending
from consent_ledger.chosen_store import open_store
from consent_ledger.epoch_keys import EpochKeys
from consent_ledger.giving import give
from consent_ledger.key_store import EpochKeyMissing, KeyStore
from consent_ledger.locks import fresh_key
from consent_ledger.sealing import open_locks, seal
from referral_exchange.settings import SettingsError

KEY = b"k" * 32
Opener = Callable[[str], KeyStore]


@pytest.fixture(params=["files", "module"])
def opens(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    """Opens the store of a ledger; again, as after a restart."""
    if request.param == "files":
        return lambda ledger_id: EpochKeys(tmp_path / "epochs", ledger_id)
    module = Module()
    return lambda ledger_id: ModuleStore(module, ledger_id)


@pytest.fixture
def kept(opens: Opener, tmp_path: Path, database_url: str) -> Iterator[LedgerKit]:
    """A whole ledger whose epoch keys are in that store."""
    made = LedgerKit(tmp_path, url=database_url, key_store=opens)
    yield made
    made.close()


def test_it_gives_back_what_it_wrapped_also_after_a_restart(opens: Opener) -> None:
    store = opens("one")
    store.make(1)
    wrapped = store.wrap(1, "consent-1", KEY)
    assert KEY not in wrapped
    assert store.wrap(1, "consent-1", KEY) != wrapped
    assert store.unwrap(1, "consent-1", wrapped) == opens("one").unwrap(1, "consent-1", wrapped) == KEY
    opens("one").check(1)


def test_what_it_wrapped_is_bound_to_consent_epoch_and_ledger(opens: Opener) -> None:
    store, other = opens("one"), opens("other")
    for epoch in (1, 2):
        store.make(epoch)
        other.make(epoch)
    wrapped = store.wrap(1, "consent-1", KEY)
    for epoch, consent, one in ((2, "consent-1", store), (1, "consent-2", store), (1, "consent-1", other)):
        with pytest.raises(EpochKeyMissing):
            one.unwrap(epoch, consent, wrapped)
    for spoilt in (wrapped[:-1], wrapped + b"\0", bytes([wrapped[0] ^ 1]) + wrapped[1:], b""):
        with pytest.raises(EpochKeyMissing):
            store.unwrap(1, "consent-1", spoilt)


def test_another_epoch_takes_over_the_same_key(opens: Opener) -> None:
    store = opens("one")
    store.make(1)
    store.make(2)
    moved = store.rewrap(1, 2, "consent-1", store.wrap(1, "consent-1", KEY))
    assert store.unwrap(2, "consent-1", moved) == KEY
    with pytest.raises(EpochKeyMissing):
        store.unwrap(1, "consent-1", moved)
    with pytest.raises(EpochKeyMissing):
        store.rewrap(1, 2, "consent-1", moved)


def test_nothing_is_done_with_a_key_that_is_not_there(opens: Opener) -> None:
    store = opens("one")
    store.make(1)
    wrapped = store.wrap(1, "consent-1", KEY)
    acts: list[Callable[[], object]] = [
        lambda: store.check(7),
        lambda: store.wrap(7, "consent-1", KEY),
        lambda: store.unwrap(7, "consent-1", wrapped),
        lambda: store.rewrap(1, 7, "consent-1", wrapped),
        lambda: store.rewrap(7, 1, "consent-1", wrapped),
    ]
    for act in acts:
        with pytest.raises(EpochKeyMissing):
            act()


def test_one_left_by_a_crash_is_replaced(opens: Opener) -> None:
    store = opens("one")
    store.make(1)
    before = store.wrap(1, "consent-1", KEY)
    opens("one").make(1)
    with pytest.raises(EpochKeyMissing):
        opens("one").unwrap(1, "consent-1", before)


def test_destroyed_is_gone_for_good_and_only_this_ledgers(opens: Opener) -> None:
    store, neighbour = opens("one"), opens("one-and-more")
    for epoch in (1, 2, 3):
        store.make(epoch)
    neighbour.make(1)
    wrapped = {epoch: store.wrap(epoch, "consent-1", KEY) for epoch in (1, 2, 3)}
    theirs = neighbour.wrap(1, "consent-1", KEY)
    assert store.has_others(3)
    assert store.destroy_all_but(3) == 2
    assert store.destroy_all_but(3) == 0
    for one, epoch in itertools.product((store, opens("one")), (1, 2)):
        with pytest.raises(EpochKeyMissing):
            one.unwrap(epoch, "consent-1", wrapped[epoch])
    assert not opens("one").has_others(3)
    assert store.unwrap(3, "consent-1", wrapped[3]) == KEY
    assert opens("one-and-more").unwrap(1, "consent-1", theirs) == KEY


def test_many_threads_use_it_at_once(opens: Opener) -> None:
    store = opens("one")
    store.make(1)

    def work(number: int) -> bool:
        key, consent = fresh_key(), f"consent-{number}"
        return store.unwrap(1, consent, store.wrap(1, consent, key)) == key

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(200)))


def test_a_whole_ledger_lives_on_it(kept: LedgerKit) -> None:
    form, other = a_form(), a_form()
    for one in (form, other):
        give(kept.ledger, one)
    lock, _ = seal(kept.ledger, SENDER, [a_part(form), a_part(other)])
    ending.withdraw(kept.ledger, SENDER, other.consent_id)
    assert kept.upkeep.new_epoch() == 2
    restarted = kept.restarted()
    restarted.turns(25 * 3600, every=3600)
    assert open_locks(restarted.ledger, RECIPIENT, [to_open(form, lock)])
    assert not restarted.ledger.epoch_keys.has_others(3)
    with pytest.raises(EpochKeyMissing):
        restarted.ledger.epoch_keys.check(2)
    restarted.close()


def test_while_it_is_away_nothing_is_given_or_opened_and_a_withdrawal_works(
    tmp_path: Path, database_url: str
) -> None:
    module, body = Module(), give_body(a_form())
    kit = LedgerKit(tmp_path, url=database_url, key_store=lambda ledger_id: ModuleStore(module, ledger_id))
    with kit.sending(), kit.client(kit.app(), SENDER) as sender:
        sender.post("/v1/consents", json=body)
        module.away = True
        answer = sender.post("/v1/consents", json=give_body(a_form()))
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (503, "outcome-unknown")
        named = {"consent_id": body["consent_id"]}
        assert sender.post("/v1/withdrawals", json=named).status_code == 200
        module.away = False
        assert sender.post("/v1/consents", json=give_body(a_form())).status_code == 201
    kit.close()


def test_a_modules_keys_never_leave_it(tmp_path: Path, database_url: str) -> None:
    made = [bytes([number]) * 32 for number in range(200, 204)]
    numbers = iter(made)
    module = Module(lambda _: next(numbers))
    kit = LedgerKit(tmp_path, url=database_url, key_store=lambda ledger_id: ModuleStore(module, ledger_id))
    form = a_form()
    give(kit.ledger, form)
    (lock,) = seal(kit.ledger, SENDER, [a_part(form)])
    kit.upkeep.new_epoch()
    open_locks(kit.ledger, RECIPIENT, [to_open(form, lock)])
    assert "rewrap" in module.asked
    assert not any(key in path.read_bytes() for key in made for path in tmp_path.rglob("*") if path.is_file())
    for leaves in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="not copied"):
            leaves(module)
    assert not any(key.hex() in repr(module) or str(key) in repr(module.asked) for key in made)
    for asked in ("give", "export", "keys", "__dict__"):
        with pytest.raises(KeyError):
            module.ask(asked, f"{kit.ledger_id()}.2")
    with pytest.raises(NoSuchKey):
        module.ask("encrypt", f"{kit.ledger_id()}.1", b"", b"")
    kit.close()


def test_the_settings_name_the_store(tmp_path: Path) -> None:
    folder = str(tmp_path / "epochs")
    assert isinstance(open_store({"epoch_keys": folder}, "one"), EpochKeys)
    assert isinstance(open_store({"epoch_keys": folder, "key_store": "files"}, "one"), EpochKeys)
    assert isinstance(open_store({"key_store": "module_kit:open_module"}, "one"), ModuleStore)
    assert isinstance(open_module({}, "one"), ModuleStore)


@pytest.mark.parametrize(
    "service",
    [{}, {"key_store": "vault"}, {"key_store": "no.such:store"}, {"key_store": "module_kit:none"}],
)
def test_a_store_that_does_not_exist_is_said_at_the_start(service: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r"key_store|epoch_keys"):
        open_store(service, "one")
