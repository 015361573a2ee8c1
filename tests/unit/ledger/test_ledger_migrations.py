"""Every step of the tables, up and back, with rows in; what an older ledger cannot hold keeps it back."""

from pathlib import Path

import pytest
from ledger_kit import RECIPIENT, SENDER, START, LedgerKit, a_form, a_part, to_open
from sqlalchemy import MetaData, inspect, select, text, update

from consent_ledger import backup, checkpoints, ending, store
from consent_ledger.backup import OtherTables
from consent_ledger.database import CannotStepBack, Database, migrate, step_back
from consent_ledger.giving import give
from consent_ledger.pins import Pins
from consent_ledger.sealing import open_locks, seal
from consent_ledger.tables import consents

Rows = dict[str, list[dict[str, object]]]
NEW_TABLES = {"missing_consents", "survivor_codes", "survivor_sessions"}


@pytest.fixture
def full(kit: LedgerKit) -> LedgerKit:
    """Rows of every kind that every version holds: live, withdrawn, opened, unsent."""
    lived, ended = a_form(), a_form()
    for form in (lived, ended):
        give(kit.ledger, form)
    kit.outbox.step()
    (lock,) = seal(kit.ledger, SENDER, [a_part(lived)])
    open_locks(kit.ledger, RECIPIENT, [to_open(lived, lock)])
    ending.withdraw(kit.ledger, SENDER, ended.consent_id)
    Pins(kit.database).take(kit.directory.programmes, START)
    checkpoints.keep(kit.ledger)
    return kit


def rows(kit: LedgerKit) -> Rows:
    found = MetaData()
    with kit.database.transaction() as connection:
        found.reflect(connection)
        return {
            table.name: [dict(row._mapping) for row in connection.execute(select(table))]
            for table in found.sorted_tables
            if table.name != "alembic_version"
        }


def without_new(found: Rows) -> Rows:
    new = (
        "ground", "statute", "jurisdiction",
        "intermediary_named", "exception_1367", "official_class", "compelled_by", "notice_attempted",
        "participant",
    )  # fmt: skip
    return {
        name: [{n: v for n, v in row.items() if n not in new} for row in listed]
        for name, listed in found.items()
        if name not in NEW_TABLES
    }


def test_a_step_back_and_forth_keeps_every_row(full: LedgerKit) -> None:
    before = rows(full)
    assert {name for name, listed in before.items() if not listed} == NEW_TABLES
    with full.database.transaction(alone=True) as connection:
        step_back(connection, "0001")
    assert rows(full) == without_new(before)
    with full.database.transaction(alone=True) as connection:
        migrate(connection)
    for pin in before["pinned_keys"]:
        pin["participant"] = None  # who runs it is read from the directory once more
    assert rows(full) == before
    Pins(full.database).take(full.directory.programmes, START)
    assert Pins(full.database).participant(SENDER) == f"{SENDER}-office"
    give(full.ledger, a_form())


def test_the_way_back_to_nothing_leaves_nothing_and_up_again_is_a_new_ledger(full: LedgerKit) -> None:
    first = full.ledger_id()
    with full.database.transaction(alone=True) as connection:
        step_back(connection, "base")
        assert inspect(connection).get_table_names() == ["alembic_version"]
        migrate(connection)
    assert full.ledger_id() != first


def test_disclosures_stay_append_only_after_a_step_back_and_forth(full: LedgerKit) -> None:
    with full.database.transaction(alone=True) as connection:
        step_back(connection, "0001")
        migrate(connection)
    changes = ["UPDATE disclosures SET kind = 'denied'", "DELETE FROM disclosures"]
    if full.url.startswith("postgresql"):
        changes.append("TRUNCATE disclosures")
    for change in changes:
        with pytest.raises(Exception, match="only added"), full.database.transaction() as connection:
            connection.execute(text(change))


def test_what_an_older_ledger_would_misread_keeps_the_newer_one(full: LedgerKit) -> None:
    with full.database.transaction() as connection:
        connection.execute(update(consents).where(consents.c.standing == "live").values(standing="suspended"))
    before = rows(full)
    with pytest.raises(CannotStepBack, match="wait for a confirmation"):  # noqa: SIM117
        with full.database.transaction(alone=True) as connection:
            step_back(connection, "0001")
    assert rows(full) == before


def test_a_database_made_by_the_first_version_is_brought_up_when_opened(database_url: str) -> None:
    Database(database_url, "0001").close()
    opened = Database(database_url)
    with opened.transaction() as connection:
        assert store.upkeep_row(connection).epoch == 0
        assert "ground" in {column["name"] for column in inspect(connection).get_columns("consents")}
    opened.close()


def test_a_backup_of_tables_that_it_does_not_know_is_not_taken(full: LedgerKit, tmp_path: Path) -> None:
    with full.database.transaction(alone=True) as connection:
        step_back(connection, "0001")
    beside = Database(full.url, revision=None)
    with pytest.raises(OtherTables):
        backup.take(beside, tmp_path / "ledger.backup")
    beside.close()
    assert not (tmp_path / "ledger.backup").exists()
