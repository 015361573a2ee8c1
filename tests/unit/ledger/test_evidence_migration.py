"""What was noted before there was a log becomes leaves, in order; going back drops none of them."""

import json
from pathlib import Path

import pytest
from evidence_kit import export, is_whole, kinds, leaves, the_verifier
from ledger_kit import RECIPIENT, SENDER, STRANGER, LedgerKit, a_form, a_part, to_open
from sqlalchemy import Connection, insert, select, text

from consent_ledger import checkpoints, ending
from consent_ledger.database import migrate, step_back
from consent_ledger.giving import give
from consent_ledger.refusals import UnknownConsent
from consent_ledger.sealing import open_locks, seal
from consent_ledger.tables import disclosures

_LOG = ("evidence_leaves", "evidence_nodes", "evidence_keys", "evidence_checkpoints", "evidence_log")


def at_work(kit: LedgerKit) -> None:
    form = a_form()
    give(kit.ledger, form)
    (lock,) = seal(kit.ledger, SENDER, [a_part(form)])
    open_locks(kit.ledger, RECIPIENT, [to_open(form, lock)])
    with pytest.raises(UnknownConsent):
        ending.withdraw(kit.ledger, STRANGER, form.consent_id)
    ending.withdraw(kit.ledger, SENDER, form.consent_id)


def as_an_older_ledger_left_it(connection: Connection) -> None:
    """Tables of 0002, with rows, as they were before there was a log."""
    step_back(connection, "0002")
    for table in _LOG:
        connection.execute(text(f"DROP TABLE {table}"))
    if connection.dialect.name == "postgresql":
        connection.execute(text("DROP FUNCTION refuse_change_of_evidence"))


def noted(kit: LedgerKit) -> list[dict[str, object]]:
    with kit.database.transaction() as connection:
        chosen = select(disclosures).order_by(disclosures.c.number)
        return [dict(row) for row in connection.execute(chosen).mappings()]


def test_what_was_noted_before_becomes_leaves_in_order(kit: LedgerKit, tmp_path: Path) -> None:
    for _ in range(3):
        at_work(kit)
    with kit.database.transaction(alone=True) as connection:
        as_an_older_ledger_left_it(connection)
        migrate(connection)
    told = [leaf.facts or {} for leaf in leaves(kit)]
    rows = noted(kit)
    assert [json.loads(leaf.text)["kind"] for leaf in leaves(kit)] == [row["kind"] for row in rows]
    for name in ("consent_id", "asked_by", "data_class", "recipient"):
        assert [each[name] for each in told] == [row[name] for row in rows]
    assert is_whole(kit)
    at_work(kit)
    assert is_whole(kit)
    assert the_verifier().main([str(export(kit, tmp_path / "evidence.jsonl"))]) == 0


def test_an_older_ledgers_notes_are_appended_when_the_newer_one_comes_back(
    kit: LedgerKit, tmp_path: Path
) -> None:
    at_work(kit)
    before = export(kit, tmp_path / "before.jsonl")
    with kit.database.transaction(alone=True) as connection:
        step_back(connection, "0002")
        line = {k: v for k, v in noted_row(connection).items() if k != "number"}
        connection.execute(insert(disclosures), [{**line, "kind": "sealed"}])
    with kit.database.transaction(alone=True) as connection:
        migrate(connection)
    assert kinds(kit)[-1] == "sealed"
    assert is_whole(kit)
    checkpoints.check(kit.ledger)
    after = export(kit, tmp_path / "after.jsonl")
    assert the_verifier().main([str(after), "--checkpoint", str(before)]) == 0


def noted_row(connection: Connection) -> dict[str, object]:
    return dict(connection.execute(select(disclosures).limit(1)).mappings().one())


def test_more_than_one_portion_is_caught_up(sqlite_kit: LedgerKit, monkeypatch: pytest.MonkeyPatch) -> None:
    kit = sqlite_kit
    at_work(kit)
    with kit.database.transaction(alone=True) as connection:
        as_an_older_ledger_left_it(connection)
        line = {k: v for k, v in noted_row(connection).items() if k != "number"}
        connection.execute(insert(disclosures), [line] * 2500)
        migrate(connection)
    assert len(leaves(kit)) == len(noted(kit)) > 2500
    assert is_whole(kit)
