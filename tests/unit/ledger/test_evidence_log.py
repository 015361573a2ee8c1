"""Everything that the ledger does is a leaf, in the transaction that does it."""

import json
import threading
from dataclasses import replace
from typing import Any

import pytest
from evidence_kit import facts, is_whole, kinds, leaves
from ledger_kit import RECIPIENT, SENDER, START, STRANGER, LedgerKit, a_form, a_ground, a_part, to_open
from sqlalchemy import Connection, delete, insert, text, update

from consent_ledger import administering, checkpoints, ending, evidence, evidence_rows, retention
from consent_ledger.administering import OPERATOR
from consent_ledger.giving import give, record_ground
from consent_ledger.pins import Pins
from consent_ledger.refusals import Denied, UnknownConsent
from consent_ledger.sealing import open_locks, seal
from consent_ledger.strangers import Strangers
from consent_ledger.tables import evidence_keys, evidence_leaves, evidence_log, evidence_nodes
from referral_exchange import ids
from referral_exchange.signing import key_endorsement_bytes


def test_a_consents_life_is_leaf_by_leaf_in_the_log(kit: LedgerKit) -> None:
    form = a_form()
    give(kit.ledger, form)
    (lock,) = seal(kit.ledger, SENDER, [a_part(form)])
    open_locks(kit.ledger, RECIPIENT, [to_open(form, lock)])
    with pytest.raises(Denied):
        seal(kit.ledger, SENDER, [a_part(form, "location")])
    ending.withdraw(kit.ledger, SENDER, form.consent_id)
    with pytest.raises(UnknownConsent):
        open_locks(kit.ledger, STRANGER, [to_open(form, lock)])
    assert kinds(kit) == [
        "given", "given", "sealed", "opened", "denied", "withdrawn", "withdrawn", "denied",
    ]  # fmt: skip
    (opened,) = facts(kit, "opened")
    assert opened == {
        "consent_id": form.consent_id,
        "referral_id": form.referral_id,
        "recipient": RECIPIENT,
        "asked_by": RECIPIENT,
        "data_class": "identity",
        "at": START.isoformat(timespec="milliseconds"),
    }
    assert is_whole(kit)


def test_a_leaf_shows_its_number_second_and_kind_and_nothing_of_whom_it_is_about(kit: LedgerKit) -> None:
    form = a_form()
    give(kit.ledger, form)
    (lock,) = seal(kit.ledger, SENDER, [a_part(form)])
    open_locks(kit.ledger, RECIPIENT, [to_open(form, lock)])
    shown = [leaf.text for leaf in leaves(kit)]
    for number, each in enumerate(shown):
        assert json.loads(each).keys() == {"at", "commitment", "kind", "number"}
        assert json.loads(each)["number"] == number
        assert json.loads(each)["at"].endswith("Z")
    hidden = (form.consent_id, form.referral_id, form.subject_token, SENDER, RECIPIENT, "identity")
    assert not [word for word in hidden if word in "".join(shown)]


def test_the_same_facts_twice_are_two_commitments_that_cannot_be_told_to_be_the_same(kit: LedgerKit) -> None:
    form = a_form()
    give(kit.ledger, form)
    seal(kit.ledger, SENDER, [a_part(form)] * 2)
    first, second = (leaf for leaf in leaves(kit) if '"sealed"' in leaf.text)
    assert first.facts == second.facts
    assert json.loads(first.text)["commitment"] != json.loads(second.text)["commitment"]
    assert first.salt is not None
    assert second.facts is not None
    assert not evidence.tells(second.text, first.salt, second.facts)


def test_grounds_expiry_and_closing_are_leaves(kit: LedgerKit) -> None:
    ground, form = a_ground(), a_form()
    record_ground(kit.ledger, ground)
    give(kit.ledger, form)
    ending.close(kit.ledger, SENDER, ground.ground_id)
    kit.clock.pass_(days=31)
    ending.expire(kit.ledger, 0)
    assert kinds(kit) == ["given"] * 4 + ["closed"] * 2 + ["expired"] * 2
    assert is_whole(kit)


def test_the_epochs_turn_is_a_leaf(kit: LedgerKit) -> None:
    give(kit.ledger, a_form())
    kit.upkeep.new_epoch()
    assert [each["epoch"] for each in facts(kit, "epoch-turned")] == [1, 2]


def test_pinned_and_replaced_keys_are_leaves(kit: LedgerKit) -> None:
    pins, listed = Pins(kit.database), kit.directory.programmes
    pins.take(listed, START)
    pins.take(listed, START)
    assert [each["programme"] for each in facts(kit, "key-pinned")] == list(listed)
    new = replace(listed[SENDER], signing_key=b"\7" * 32, key_id="2", previous_key_id="1")
    covered = key_endorsement_bytes(SENDER, new.signing_key, new.sealing_key, "2")
    signed = replace(new, previous_key_signature=kit.signers[SENDER].sign(covered))
    pins.take({SENDER: signed}, START)
    (replaced,) = facts(kit, "key-replaced")
    assert (replaced["programme"], replaced["key_id"]) == (SENDER, "2")
    assert is_whole(kit)


def test_other_policies_than_last_time_are_a_leaf_and_the_same_are_none(kit: LedgerKit) -> None:
    assert administering.policies_loaded(kit.ledger)
    assert not administering.policies_loaded(kit.restarted().ledger)
    other = replace(kit.ledger, policy=replace(kit.ledger.policy, digest="0" * 64))
    assert administering.policies_loaded(other)
    first, second = facts(kit, "policy-changed")
    assert (first["before"], second["before"]) == (None, first["sha256"])


def test_what_the_operator_does_is_a_leaf_and_so_is_anybody_elses_attempt(kit: LedgerKit) -> None:
    leaf = administering.administer(kit.ledger, OPERATOR, "expel", "harbor-house")
    assert leaf == leaves(kit)[-1].text
    assert facts(kit, "administration") == [{"action": "expel", "about": "harbor-house"}]
    with pytest.raises(Denied):
        administering.administer(kit.ledger, SENDER, "expel", "harbor-house")
    assert facts(kit, "administration-denied") == [{"asked_by": SENDER, "action": "expel"}]


def test_many_at_once_each_have_their_leaf_and_the_tree_is_whole(kit: LedgerKit) -> None:
    forms = [a_form() for _ in range(4)]
    for form in forms:
        give(kit.ledger, form)

    def work(mine: int) -> None:
        for _ in range(10):
            (lock,) = seal(kit.ledger, SENDER, [a_part(forms[mine])])
            open_locks(kit.ledger, RECIPIENT, [to_open(forms[mine], lock)])
            with pytest.raises(UnknownConsent):
                seal(kit.ledger, STRANGER, [a_part(forms[mine], consent_id=ids.fresh())])

    threads = [threading.Thread(target=work, args=(mine,)) for mine in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counted = kinds(kit)
    assert [counted.count(kind) for kind in ("given", "sealed", "opened", "denied")] == [8, 40, 40, 40]
    assert is_whole(kit)


def test_what_is_forgotten_opens_no_more_and_the_log_still_proves_itself(kit: LedgerKit) -> None:
    ended, lived = a_form(), a_ground()
    give(kit.ledger, ended)
    record_ground(kit.ledger, lived)
    ending.withdraw(kit.ledger, SENDER, ended.consent_id)
    with pytest.raises(UnknownConsent):
        ending.withdraw(kit.ledger, STRANGER, ended.consent_id)
    before = [leaf.text for leaf in leaves(kit)]
    assert retention.KEPT.days == 3 * 366
    kit.clock.pass_(days=retention.KEPT.days - 1)
    assert retention.forget_due(kit.ledger) == 0
    kit.clock.pass_(days=1)
    assert retention.forget_due(kit.ledger) == 2
    assert facts(kit, "withdrawn") == []
    assert len(facts(kit, "given")) == 2
    assert len(facts(kit, "denied")) == 1
    kit.clock.pass_(days=32)
    assert retention.forget_due(kit.ledger) == 1
    assert facts(kit, "denied") == []
    assert facts(kit, "epoch-turned") != []
    assert [leaf.text for leaf in leaves(kit)] == before
    assert is_whole(kit)


def test_a_disclosure_that_was_changed_behind_the_ledgers_back_is_told_by_nobody(
    sqlite_kit: LedgerKit,
) -> None:
    kit, form = sqlite_kit, a_form()
    give(kit.ledger, form)
    seal(kit.ledger, SENDER, [a_part(form)])
    with kit.database.transaction() as connection:
        connection.execute(text("DROP TRIGGER disclosures_no_update"))
        connection.execute(text("UPDATE disclosures SET data_class = 'needs' WHERE kind = 'sealed'"))
    assert facts(kit, "sealed") == []
    assert len(facts(kit, "given")) == 2


def test_the_log_is_only_added_to(kit: LedgerKit) -> None:
    give(kit.ledger, a_form())
    give(kit.ledger, a_form())
    checkpoints.keep(kit.ledger)
    for table, column in (("leaves", "leaf"), ("nodes", "place"), ("checkpoints", "size")):
        for change in (f"UPDATE evidence_{table} SET {column} = {column}", f"DELETE FROM evidence_{table}"):
            with pytest.raises(Exception, match="only added"), kit.database.transaction() as connection:
                connection.execute(text(change))


@pytest.mark.parametrize("what", ["a leaf", "a node", "the peaks", "the size", "both and the peaks"])
def test_a_log_that_was_changed_is_signed_by_nobody(sqlite_kit: LedgerKit, what: str) -> None:
    kit = sqlite_kit
    for _ in range(3):
        give(kit.ledger, a_form())
    checkpoints.keep(kit.ledger)
    checkpoints.check(kit.ledger)
    with kit.database.transaction() as connection:
        connection.execute(text("DROP TRIGGER evidence_leaves_no_update"))
        connection.execute(text("DROP TRIGGER evidence_nodes_no_update"))
        if what == "a leaf":
            last = evidence_rows.size_of(connection) - 1
            connection.execute(
                update(evidence_leaves).where(evidence_leaves.c.number == last).values(leaf="{}")
            )
        if what in ("a node", "both and the peaks"):
            connection.execute(
                update(evidence_nodes).where(evidence_nodes.c.level == 2).values(hash=b"\1" * 32)
            )
        if what == "the peaks":
            connection.execute(update(evidence_log).values(peaks=b"\1" * 96))
        if what == "both and the peaks":
            _, peaks = evidence_rows.head_of(connection)
            connection.execute(update(evidence_log).values(peaks=b"".join([b"\1" * 32, *peaks[1:]])))
        if what == "the size":
            connection.execute(update(evidence_log).values(size=4, peaks=b"\1" * 32))
    with pytest.raises(evidence_rows.EvidenceBroken):
        checkpoints.check(kit.ledger)


def test_a_checkpoint_is_of_one_moment_though_leaves_are_added_meanwhile(
    kit: LedgerKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(kit.ledger, a_form())
    stood, computed = len(leaves(kit)), evidence_rows.computed

    def and_meanwhile(connection: Connection, compute: Any) -> Any:
        if connection.dialect.name == "postgresql":  # SQLite lets nobody write beside a transaction
            give(kit.ledger, a_form())
        return computed(connection, compute)

    monkeypatch.setattr(evidence_rows, "computed", and_meanwhile)
    with kit.database.transaction() as connection:
        assert checkpoints.made(connection, kit.ledger.facts.signer).size == stood


def test_a_key_that_is_made_twice_at_once_is_made_once(kit: LedgerKit) -> None:
    with kit.database.transaction() as connection:
        missing = evidence_rows._make_keys(connection, {"strangers.2026-03"}, START)
        assert evidence_rows._make_keys(connection, {"strangers.2026-03"}, START) == missing
        connection.execute(delete(evidence_keys))
        connection.execute(insert(evidence_keys), [{"subject": "x", "key": b"1", "made_at": 0}])
        assert evidence_rows._make_keys(connection, {"x"}, START) == {"x": b"1"}


def test_a_flood_of_a_strangers_denials_fills_no_disk(kit: LedgerKit) -> None:
    strangers = Strangers(burst=5, every_s=15, monotonic=kit.clock.monotonic)
    ledger = replace(kit.ledger, strangers=strangers)
    form = a_form()
    give(ledger, form)
    for _ in range(8):
        with pytest.raises(UnknownConsent):
            ending.withdraw(ledger, STRANGER, ids.fresh())
    assert len(facts(kit, "denied")) == 5
    assert strangers.barred(STRANGER)
    assert not strangers.barred(SENDER)
    administering.tell_of_strangers(ledger)
    administering.tell_of_strangers(ledger)
    assert facts(kit, "denials-counted") == [{"asked_by": STRANGER, "count": 3}]
    kit.clock.pass_(seconds=15)
    assert not strangers.barred(STRANGER)
    with pytest.raises(UnknownConsent):
        ending.withdraw(ledger, STRANGER, form.consent_id)
    assert strangers.barred(STRANGER)
    ending.withdraw(ledger, SENDER, form.consent_id)


def test_what_was_counted_is_kept_where_it_cannot_be_written() -> None:
    strangers = Strangers(burst=0)
    strangers.spend(STRANGER)
    with pytest.raises(OSError, match="full"), strangers.counted():
        raise OSError("full")
    strangers.spend(STRANGER)
    with strangers.counted() as counts:
        assert counts == {STRANGER: 2}
