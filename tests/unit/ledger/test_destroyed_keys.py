"""A destroyed consent key is nowhere: the bytes of database, logs, backups and key files are read for it."""

import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from bytes_kit import Remembering, folder_of, held, keys_there, opened_anywhere, opens, where
from database_kit import Postgres
from ledger_kit import CODEC, RECIPIENT, SENDER, START, LedgerKit, a_form, a_part, to_open
from sqlalchemy.engine import make_url

from consent_ledger import ending
from consent_ledger.giving import give
from consent_ledger.key_store import EpochKeyMissing
from consent_ledger.records import ConsentForm
from consent_ledger.refusals import Denied, LockRefused
from consent_ledger.restoring import Means, restore
from consent_ledger.sealing import open_locks, seal
from consent_ledger.told_consents import gather

CONSENTS = 60
"""Enough for tables over many pages, which are split, joined and freed while consents come and go."""

DAYS = 3 * 24 * 3600.0
"""Seconds until what ran out was noticed, its day of grace is over, and the epoch turned once more."""


def a_kit(folder: Path, url: str) -> LedgerKit:
    """Its keys and backups are in `folder`, and every key it ever wrapped is remembered."""
    return LedgerKit(
        folder, url=url, backups=folder / "backups", key_store=lambda i: Remembering(folder / "epochs", i)
    )


def keys_of(kit: LedgerKit) -> Remembering:
    return cast(Remembering, kit.ledger.epoch_keys)


def lived(kit: LedgerKit, consents: int) -> tuple[list[ConsentForm], list[ConsentForm]]:
    """Many consents given and used; a third withdrawn, a third run out; those, and the others."""
    forms = []
    for number in range(consents):
        short = {"ends_at": START + timedelta(hours=2)} if number % 3 == 1 else {}
        form = a_form(**short)
        give(kit.ledger, form)
        (lock,) = seal(kit.ledger, SENDER, [a_part(form)])
        open_locks(kit.ledger, RECIPIENT, [to_open(form, lock)])
        forms.append(form)
    for form in forms[::3]:
        ending.withdraw(kit.ledger, SENDER, form.consent_id)
    return [form for n, form in enumerate(forms) if n % 3 < 2], forms[2::3]


def pair(form: ConsentForm) -> tuple[str, str]:
    return form.consent_id, form.return_consent_id


def no_trace(kit: LedgerKit, ended: list[ConsentForm], among: Mapping[str, bytes]) -> int:
    """Fails where a destroyed key stands anywhere, or wrapped so that a key that exists opens it.

    Returns how often a wrapped form still stands that nothing opens.
    """
    store, remains = keys_of(kit), 0
    keys, epochs = keys_there(kit.folder / "epochs", kit.ledger_id())
    for consent_id in (i for form in ended for i in pair(form)):
        assert where(store.plain[consent_id], among) == []
        for _, wrapped in store.wrapped[consent_id]:
            remains += len(where(wrapped, among))
            assert not opens(keys, epochs, consent_id, wrapped)
    for destroyed in store.epochs[:-1]:
        assert where(destroyed, among) == []
    return remains


@pytest.fixture
def kit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LedgerKit]:
    made = a_kit(tmp_path_factory.mktemp("keys"), f"sqlite:///{tmp_path_factory.mktemp('data')}/ledger.db")
    yield made
    made.close()


def read(kit: LedgerKit) -> dict[str, bytes]:
    return {**held(folder_of(kit.url)), **held(kit.folder)}


def test_before_the_turn_the_log_still_holds_what_the_epoch_key_opens(kit: LedgerKit) -> None:
    """What "complete within a day" means: whoever takes log *and* epoch key before the turn can open."""
    form = a_form()
    give(kit.ledger, form)
    ending.withdraw(kit.ledger, SENDER, form.consent_id)
    among = read(kit)
    assert where(keys_of(kit).plain[form.consent_id], among) == []
    (found,) = where(keys_of(kit).wrapped[form.consent_id][0][1], among)
    assert Path(found).name == "ledger.db-wal"


def test_after_the_daily_turn_no_byte_of_a_destroyed_key_is_left(kit: LedgerKit) -> None:
    ended, others = lived(kit, CONSENTS)
    kit.turns(DAYS, every=3600)
    among = read(kit)
    assert {Path(name).suffix for name in among} >= {".db", ".db-shm", ".db-wal", ".key", ".backup"}
    assert no_trace(kit, ended, among) == 0
    # The same search finds what must be there: the keys of those that live, wrapped.
    for form in others:
        (_, wrapped) = keys_of(kit).wrapped[form.consent_id][-1]
        assert {Path(name).suffix for name in where(wrapped, among)} == {".db", ".backup"}
        assert where(keys_of(kit).plain[form.consent_id], among) == []


def test_every_byte_tried_as_a_beginning_opens_nothing_of_it(kit: LedgerKit) -> None:
    """Without trusting what the test remembers: whatever stands anywhere, in whatever place."""
    gone, lives = a_form(), a_form()
    for form in (gone, lives):
        give(kit.ledger, form)
    before = opened_anywhere(*everything(kit), gone.consent_id)
    assert {Path(name).name for name, _ in before} == {"ledger.db-wal"}
    ending.withdraw(kit.ledger, SENDER, gone.consent_id)
    assert opened_anywhere(*everything(kit), gone.consent_id)
    kit.upkeep.new_epoch()
    assert opened_anywhere(*everything(kit), gone.consent_id) == []
    assert {Path(name).name for name, _ in opened_anywhere(*everything(kit), lives.consent_id)} == {
        "ledger.db"
    }


def everything(kit: LedgerKit) -> tuple[dict[str, bytes], Path, str]:
    return read(kit), kit.folder / "epochs", kit.ledger_id()


def test_an_old_log_that_somebody_reads_goes_once_nobody_does(kit: LedgerKit) -> None:
    form = a_form()
    give(kit.ledger, form)
    ending.withdraw(kit.ledger, SENDER, form.consent_id)
    reader = sqlite3.connect(f"{folder_of(kit.url)}/ledger.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM consents").fetchone()
    wrapped = keys_of(kit).wrapped[form.consent_id][0][1]
    with kit.database.transaction() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 1")
    kit.upkeep.new_epoch()
    among = read(kit)
    assert where(wrapped, among)
    assert no_trace(kit, [form], among) > 0  # and no key that exists opens it
    reader.close()
    kit.upkeep.turn()
    assert no_trace(kit, [form], read(kit)) == 0


def test_a_lock_of_a_withdrawn_consent_does_not_open_for_whoever_holds_everything_after_the_turn(
    kit: LedgerKit,
) -> None:
    form = a_form()
    give(kit.ledger, form)
    (lock,) = seal(kit.ledger, SENDER, [a_part(form)])
    ending.withdraw(kit.ledger, SENDER, form.consent_id)
    kit.upkeep.new_epoch()
    with pytest.raises(Denied):
        open_locks(kit.ledger, RECIPIENT, [to_open(form, lock)])
    with kit.database.transaction() as connection:  # whoever rules the database may say that it lives
        connection.exec_driver_sql("UPDATE consents SET standing = 'live', ended_at = NULL")
    with pytest.raises(LockRefused):
        open_locks(kit.ledger, RECIPIENT, [to_open(form, lock)])


def test_postgresql_keeps_wrapped_forms_in_its_log_and_nothing_that_opens_them(
    tmp_path: Path, postgres: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its log and its dead rows are the server's; what stands there is wrapped under keys that are gone."""
    with postgres.database() as url:
        kit = a_kit(tmp_path, url)
        ended, others = lived(kit, 9)
        kit.turns(DAYS, every=3600)
        postgres.execute("CHECKPOINT")
        (oid,) = postgres.execute(f"SELECT oid FROM pg_database WHERE datname = '{make_url(url).database}'")[
            0
        ]
        data = postgres.folder / "data"
        log, heap = held(data / "pg_wal"), held(data / "base" / str(oid))
        assert no_trace(kit, ended, held(kit.folder)) == 0
        in_log, in_rows = no_trace(kit, ended, log), no_trace(kit, ended, heap)
        with capsys.disabled():
            print(
                f"\nPostgreSQL: {len(ended) * 2} destroyed keys; wrapped forms left: "
                f"{in_log} in pg_wal, {in_rows} in table files, 0 of them openable"
            )
        for form in others:
            assert where(keys_of(kit).wrapped[form.consent_id][-1][1], heap)
        kit.close()


def test_a_restored_backup_brings_no_destroyed_key_back(
    kit: LedgerKit, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The backup from before holds it wrapped; restored, it is gone again, and the backup opens nothing."""
    gone, lives = a_form(), a_form()
    for form in (gone, lives):
        give(kit.ledger, form)
    (lock,) = seal(kit.ledger, SENDER, [a_part(gone)])
    kit.upkeep.new_epoch()
    keys, file = tmp_path / "epochs", kit.folder / "backups" / "ledger.backup"
    shutil.copytree(kit.folder / "epochs", keys)
    wrapped = keys_of(kit).wrapped[gone.consent_id][-1][1]
    assert where(wrapped, {"backup": file.read_bytes()})  # whoever has it and its key could open, until then
    ending.withdraw(kit.ledger, SENDER, gone.consent_id)
    while kit.outbox.step():
        pass
    told = gather(CODEC.decode(m.value, m.headers["ce_type"].decode()) for m in kit.log.messages)
    url = f"sqlite:///{tmp_path_factory.mktemp('restored')}/ledger.db"
    restore(url, file, Means(lambda i: Remembering(keys, i), kit.ledger.facts, told, kit.clock.now))
    restored = LedgerKit(tmp_path, kit.clock, kit.log, url, key_store=lambda i: Remembering(keys, i))
    with pytest.raises(Denied):
        open_locks(restored.ledger, RECIPIENT, [to_open(gone, lock)])
    restored.upkeep.turn()  # begins a new epoch at once
    among = {**held(folder_of(url), keys), "backup": file.read_bytes()}
    assert opened_anywhere(among, keys, restored.ledger_id(), gone.consent_id) == []
    assert opened_anywhere(among, keys, restored.ledger_id(), lives.consent_id)
    assert not opens(*keys_there(keys, restored.ledger_id()), gone.consent_id, wrapped)
    again = f"sqlite:///{tmp_path_factory.mktemp('again')}/ledger.db"
    with pytest.raises(EpochKeyMissing):
        restore(again, file, Means(lambda i: Remembering(keys, i), kit.ledger.facts, told, kit.clock.now))
    restored.close()
