"""A restored ledger: what ended since stays ended, all else waits for its discloser's word."""

import shutil
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from database_kit import NewDatabase
from evidence_kit import export, facts, is_whole, the_verifier
from ledger_kit import (
    CODEC,
    RECIPIENT,
    SENDER,
    START,
    STRANGER,
    LedgerKit,
    a_form,
    a_ground,
    a_part,
    give_body,
    to_open,
)

from consent_ledger import backup, backup_file, ending, listing, store
from consent_ledger.backup_file import BackupUnusable
from consent_ledger.confirming import confirm
from consent_ledger.epoch_keys import EpochKeys
from consent_ledger.giving import give, record_ground
from consent_ledger.key_store import EpochKeyMissing, KeyStore
from consent_ledger.records import ConsentForm
from consent_ledger.refusals import ConsentConflict, Denied, LockRefused, Suspended, UnknownConsent
from consent_ledger.restoring import Means, Restored, RestoreRefused, restore
from consent_ledger.rules import LockToOpen
from consent_ledger.sealing import check, open_locks, seal
from consent_ledger.told_consents import ToldConsents, gather
from referral_exchange.events import ConsentExpired, ConsentWithdrawn

HEAD = {"revision": "0002", "ledger_id": "invented", "epoch": 1, "taken_at": "2026-03-02T09:00:00+00:00"}


class Night:
    """A ledger that was backed up, worked on, and is then lost; `restored` is what comes after it."""

    def __init__(self, kit: LedgerKit, new_url: str) -> None:
        self.kit, self.new_url = kit, new_url
        self.file = kit.folder / "kept" / "ledger.backup"
        self.keys = kit.folder / "kept" / "epochs"

    def store(self, ledger_id: str) -> KeyStore:
        return EpochKeys(self.keys, ledger_id)

    def back_up(self) -> None:
        backup.take(self.kit.database, self.file)
        shutil.copytree(self.kit.epoch_folder, self.keys, dirs_exist_ok=True)

    def told(self) -> ToldConsents:
        """What the topic has, with what an outbox at work would have sent by now."""
        while self.kit.outbox.step():
            pass
        messages = self.kit.log.messages
        return gather(CODEC.decode(m.value, m.headers["ce_type"].decode()) for m in messages)

    def restore(self, told: ToldConsents | None = None, **changes: object) -> tuple[LedgerKit, Restored]:
        told = self.told() if told is None else told
        means = Means(self.store, self.kit.ledger.facts, told, self.kit.clock.now)
        done = restore(self.new_url, self.file, replace(means, **changes))  # type: ignore[arg-type]
        folder = self.file.parent
        return LedgerKit(folder, self.kit.clock, self.kit.log, self.new_url), done


@pytest.fixture
def night(kit: LedgerKit, new_database: NewDatabase) -> Iterator[Night]:
    with new_database() as url:
        yield Night(kit, url)


def given_and_locked(kit: LedgerKit, **changes: object) -> tuple[ConsentForm, LockToOpen]:
    form = a_form(**changes)
    give(kit.ledger, form)
    (lock,) = seal(kit.ledger, SENDER, [a_part(form)])
    return form, to_open(form, lock)


def standing(kit: LedgerKit, consent_id: str) -> str:
    with kit.ledger.operation() as operation:
        return store.hold(operation.connection, {consent_id})[consent_id].standing


def keys_left(kit: LedgerKit) -> set[str]:
    with kit.ledger.operation() as operation:
        return set(store.keys_of(operation.connection))


def test_what_ended_since_stays_ended_and_the_rest_waits_and_is_confirmed(night: Night) -> None:
    kit = night.kit
    kept, kept_lock = given_and_locked(kit)
    ended, ended_lock = given_and_locked(kit)
    open_locks(kit.ledger, RECIPIENT, [ended_lock])
    night.back_up()
    kit.clock.pass_(hours=1)
    ending.withdraw(kit.ledger, SENDER, ended.consent_id)
    kit.clock.pass_(hours=1)
    restored, done = night.restore()
    assert done == Restored(consents=4, suspended=2, ended=2, missing=0, without_key=0)
    assert keys_left(restored) == {kept.consent_id, kept.return_consent_id}
    for asked in (ended_lock, kept_lock):
        with pytest.raises(Denied if asked is ended_lock else Suspended):
            open_locks(restored.ledger, RECIPIENT, [asked])
    with pytest.raises(Suspended):
        seal(restored.ledger, SENDER, [a_part(kept)])
    with pytest.raises(Suspended):
        check(restored.ledger, RECIPIENT, kept.return_consent_id, kept.referral_id, SENDER)
    found = confirm(restored.ledger, SENDER, [kept.consent_id, ended.consent_id])
    assert {c.consent_id: c.standing for c in found} == {
        kept.consent_id: "live",
        ended.consent_id: "withdrawn",
    }
    assert open_locks(restored.ledger, RECIPIENT, [kept_lock])
    check(restored.ledger, RECIPIENT, kept.return_consent_id, kept.referral_id, SENDER)
    again = ending.withdraw(restored.ledger, SENDER, ended.consent_id)
    assert again.in_force_at == START + timedelta(hours=1)
    assert [line.data_class for line in again.opened_before] == ["identity"]
    kinds = [line.kind for line in listing.disclosures_of(restored.ledger, SENDER, [kept.consent_id])]
    assert kinds == ["given", "sealed", "suspended", "denied", "denied", "confirmed", "opened"]
    restored.close()


def test_only_the_signed_consents_discloser_confirms(night: Night) -> None:
    form, _ = given_and_locked(night.kit)
    night.back_up()
    restored, _ = night.restore()
    for named in (form.consent_id, form.return_consent_id):
        with pytest.raises(Denied) as denied:
            confirm(restored.ledger, RECIPIENT, [named])
        assert [r.id for r in denied.value.rules] == ["only-the-discloser-confirms"]
        with pytest.raises(UnknownConsent):
            confirm(restored.ledger, STRANGER, [named])
        assert standing(restored, named) == "suspended"
    other = a_form()
    with pytest.raises(UnknownConsent):
        confirm(restored.ledger, SENDER, [form.consent_id, other.consent_id])
    assert standing(restored, form.consent_id) == "suspended"
    confirm(restored.ledger, SENDER, [form.return_consent_id])
    assert standing(restored, form.consent_id) == standing(restored, form.return_consent_id) == "live"
    restored.close()


def test_while_it_waits_a_consent_is_withdrawn_and_expires_as_ever(night: Night) -> None:
    short, _ = given_and_locked(night.kit, ends_at=START + timedelta(minutes=5))
    other, _ = given_and_locked(night.kit)
    night.back_up()
    restored, _ = night.restore()
    assert not give(restored.ledger, other).created
    ending.withdraw(restored.ledger, SENDER, other.consent_id)
    restored.turns(600)
    assert (standing(restored, short.consent_id), standing(restored, other.consent_id)) == (
        "expired",
        "withdrawn",
    )
    confirm(restored.ledger, SENDER, [short.consent_id, other.consent_id])
    assert standing(restored, short.consent_id) == "expired"
    restored.close()


def test_an_end_of_which_only_one_half_was_told_ends_both_and_tells_the_other(night: Night) -> None:
    form, _ = given_and_locked(night.kit)
    night.told()
    night.back_up()
    ending.withdraw(night.kit.ledger, SENDER, form.consent_id)
    told = {i: c for i, c in night.told().items() if i == form.consent_id}
    restored, done = night.restore(told)
    assert done.ended == 2
    assert keys_left(restored) == set()
    night.kit.log.messages.clear()
    while restored.outbox.step():
        pass
    events = [CODEC.decode(m.value, m.headers["ce_type"].decode()) for m in night.kit.log.messages]
    assert [(type(e), e.consent_id) for e in events] == [(ConsentWithdrawn, form.return_consent_id)]  # type: ignore[attr-defined]
    restored.close()


def test_what_waited_in_the_backup_is_not_told_again_after_its_end(night: Night) -> None:
    ended, _ = given_and_locked(night.kit)
    unsent, _ = given_and_locked(night.kit)
    night.back_up()
    ending.withdraw(night.kit.ledger, SENDER, ended.consent_id)
    told = {i: c for i, c in night.told().items() if i in (ended.consent_id, ended.return_consent_id)}
    night.kit.log.messages.clear()
    restored, _ = night.restore(told)
    while restored.outbox.step():
        pass
    keys = {m.key for m in night.kit.log.messages}
    assert keys == {unsent.consent_id, unsent.return_consent_id}
    restored.close()


def test_an_expiry_that_was_told_counts_and_its_keys_go(night: Night) -> None:
    form, lock = given_and_locked(night.kit, ends_at=START + timedelta(minutes=5))
    night.back_up()
    night.kit.turns(600)
    restored, done = night.restore()
    assert (done.ended, keys_left(restored)) == (2, set())
    assert standing(restored, form.consent_id) == "expired"
    with pytest.raises(Denied):
        open_locks(restored.ledger, RECIPIENT, [lock])
    events = [CODEC.decode(m.value, m.headers["ce_type"].decode()) for m in night.kit.log.messages]
    assert sum(isinstance(e, ConsentExpired) for e in events) == 2
    restored.close()


def test_what_the_backup_does_not_hold_can_be_given_again_and_withdrawn_but_not_revived(night: Night) -> None:
    night.back_up()
    again, withdrawn_later, withdrawn_before = (given_and_locked(night.kit)[0] for _ in range(3))
    ending.withdraw(night.kit.ledger, SENDER, withdrawn_before.consent_id)
    restored, done = night.restore()
    assert (done.consents, done.missing) == (0, 6)
    with pytest.raises(ConsentConflict):
        give(restored.ledger, withdrawn_before)
    with pytest.raises(ConsentConflict):
        give(restored.ledger, replace(again, recipient=STRANGER))
    assert give(restored.ledger, again).created
    assert seal(restored.ledger, SENDER, [a_part(again)])
    first = ending.withdraw(restored.ledger, SENDER, withdrawn_later.consent_id)
    assert first.return_consent_id == withdrawn_later.return_consent_id
    assert ending.withdraw(restored.ledger, SENDER, withdrawn_later.consent_id) == first
    with pytest.raises(ConsentConflict):
        give(restored.ledger, withdrawn_later)
    with pytest.raises(UnknownConsent):
        ending.withdraw(restored.ledger, STRANGER, withdrawn_later.consent_id)
    night.kit.log.messages.clear()
    while restored.outbox.step():
        pass
    told = [m.headers["ce_type"] for m in night.kit.log.messages if m.key == withdrawn_later.consent_id]
    assert told == [b"ConsentWithdrawn.v1"]
    restored.close()


def test_what_a_restored_ledger_missed_stays_missed_and_ended_after_another_loss(
    night: Night, new_database: NewDatabase
) -> None:
    night.back_up()
    kept, ended = a_form(), a_form()
    for form in (kept, ended):
        give(night.kit.ledger, form)
    after, done = night.restore()
    assert done.missing == 4
    ending.withdraw(after.ledger, SENDER, ended.consent_id)
    with new_database() as url:
        again = Night(after, url)
        again.back_up()
        third, done = again.restore()
        assert done.missing == 4
        with pytest.raises(ConsentConflict):
            give(third.ledger, ended)
        assert give(third.ledger, kept).created


def test_a_ground_waits_and_is_confirmed_like_a_consent(night: Night) -> None:
    ground = a_ground()
    record_ground(night.kit.ledger, ground)
    night.back_up()
    restored, _ = night.restore()
    with pytest.raises(Suspended):
        seal(restored.ledger, SENDER, [a_part(ground)])
    confirm(restored.ledger, SENDER, [ground.ground_id])
    assert seal(restored.ledger, SENDER, [a_part(ground)])
    restored.close()


def test_after_the_first_turn_the_backup_opens_nothing_any_more(
    night: Night, new_database: NewDatabase
) -> None:
    given_and_locked(night.kit)
    night.back_up()
    restored, _ = night.restore()
    restored.upkeep.turn()
    with new_database() as url, pytest.raises(EpochKeyMissing, match="--without-keys"):
        restore(url, night.file, Means(night.store, night.kit.ledger.facts, {}, night.kit.clock.now))
    restored.close()


def test_without_its_epoch_key_what_was_sealed_stays_shut_and_new_parts_can_be_sealed(night: Night) -> None:
    form, lock = given_and_locked(night.kit)
    night.back_up()
    shutil.rmtree(night.keys)
    with pytest.raises(EpochKeyMissing, match="--without-keys"):
        night.restore()
    restored, done = night.restore(keys_lost=True)
    assert done.without_key == 2
    confirm(restored.ledger, SENDER, [form.consent_id])
    with pytest.raises(LockRefused):
        open_locks(restored.ledger, RECIPIENT, [lock])
    (fresh,) = seal(restored.ledger, SENDER, [a_part(form)])
    assert open_locks(restored.ledger, RECIPIENT, [to_open(form, fresh)])
    restored.close()


def test_a_backup_goes_into_an_empty_database_only_and_whole_or_not_at_all(night: Night) -> None:
    given_and_locked(night.kit)
    night.back_up()
    with pytest.raises(RestoreRefused, match="not empty"):
        restore(night.kit.url, night.file, Means(night.store, night.kit.ledger.facts, {}, START))
    whole = night.file.read_bytes()
    lines = whole.splitlines(keepends=True)
    changed = whole.replace(b'"standing":"live"', b'"standing":"dead"', 1)
    for spoilt in (whole[:-40], b"".join(lines[:3] + lines[4:]), changed, b"", b"{}\n", b"\x00" * 64):
        night.file.write_bytes(spoilt)
        with pytest.raises(BackupUnusable):
            night.restore({})
    foreign = replace(backup_file.Head(**HEAD), revision="9999")
    backup_file.write(night.file, foreign, [])
    with pytest.raises(RestoreRefused, match="another version"):
        night.restore({})
    night.file.write_bytes(whole)
    restored, _ = night.restore({})
    give(restored.ledger, a_form())
    restored.close()


def test_a_backup_moves_a_ledger_from_one_kind_of_database_to_another(
    sqlite_kit: LedgerKit, new_database: NewDatabase
) -> None:
    with new_database() as url:
        night = Night(sqlite_kit, url)
        form, lock = given_and_locked(sqlite_kit)
        open_locks(sqlite_kit.ledger, RECIPIENT, [lock])
        night.back_up()
        before = listing.disclosures_of(sqlite_kit.ledger, SENDER, [form.consent_id])
        restored, _ = night.restore()
        confirm(restored.ledger, SENDER, [form.consent_id])
        assert open_locks(restored.ledger, RECIPIENT, [lock])
        after = listing.disclosures_of(restored.ledger, SENDER, [form.consent_id])
        assert after[: len(before)] == before
        assert restored.ledger_id() == sqlite_kit.ledger_id()
        restored.close()


def test_a_backup_is_the_owners_alone_and_is_taken_daily_before_the_old_key_goes(
    tmp_path: Path, database_url: str
) -> None:
    kit = LedgerKit(tmp_path, url=database_url, backups=tmp_path / "daily")
    form, _ = given_and_locked(kit)
    kit.turns(25 * 3600, every=600)
    (file,) = (tmp_path / "daily").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert form.consent_id.encode() in file.read_bytes()
    assert b'"epoch":2' in file.read_bytes()
    shutil.rmtree(tmp_path / "daily")
    (tmp_path / "daily").write_text("no folder any more")
    with pytest.raises(OSError):  # noqa: PT011
        kit.upkeep.new_epoch()
    names = sorted(path.name.split(".", 1)[1] for path in kit.epoch_folder.iterdir())
    assert names == ["2.key", "3.key"]
    (tmp_path / "daily").unlink()
    kit.upkeep.turn()
    assert [path.name.split(".", 1)[1] for path in kit.epoch_folder.iterdir()] == ["3.key"]
    assert b'"epoch":3' in (tmp_path / "daily" / "ledger.backup").read_bytes()
    kit.close()


def test_a_backup_waits_for_nobody_and_holds_only_what_is_committed(night: Night) -> None:
    kit, form = night.kit, a_form()
    with kit.ledger.operation() as operation:
        store.set_upkeep(operation.connection, steady_seconds=4711)
        night.back_up()
    assert b"4711" not in night.file.read_bytes()
    give(kit.ledger, form)
    night.back_up()
    assert form.consent_id.encode() in night.file.read_bytes()


def test_suspended_and_confirmed_over_http(night: Night) -> None:
    form, _ = given_and_locked(night.kit)
    night.back_up()
    restored, _ = night.restore()
    restored.signers = night.kit.signers
    app, body = restored.app(), give_body(form)
    named = {name: body[name] for name in ("consent_id", "referral_id", "recipient")}
    with restored.client(app, SENDER) as sender, restored.client(app, RECIPIENT) as recipient:
        answer = sender.post("/v1/check", json=named)
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (409, "suspended")
        refused = recipient.post("/v1/confirmations", json={"consent_ids": [form.consent_id]})
        assert refused.status_code == 403
        done = sender.post("/v1/confirmations", json={"consent_ids": [form.consent_id]})
        assert done.json() == {"confirmed": [{"consent_id": form.consent_id, "standing": "live"}]}
        assert sender.post("/v1/check", json=named).status_code == 204
    restored.close()


def test_the_log_goes_on_where_the_backup_ended_says_so_and_hides_no_loss(
    night: Night, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given_and_locked(night.kit)
    before = export(night.kit, tmp_path / "before.jsonl")
    night.back_up()
    given_and_locked(night.kit)
    lost = export(night.kit, tmp_path / "lost.jsonl")
    restored, _ = night.restore()
    object.__setattr__(restored.ledger.facts, "signer", night.kit.ledger.facts.signer)
    assert is_whole(restored)
    (said,) = facts(restored, "restored")
    assert (said["suspended"], said["leaves_of_the_backup"]) == (2, 4)
    after, verify = export(restored, tmp_path / "after.jsonl"), the_verifier().main
    assert verify([str(after), "--checkpoint", str(before)]) == 0
    capsys.readouterr()
    assert verify([str(after), "--checkpoint", str(lost)]) == 1
    assert "the log was restored" in capsys.readouterr().out
    restored.close()
