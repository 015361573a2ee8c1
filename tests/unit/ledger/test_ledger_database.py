"""The database as the ledger needs it: durable, one writer at a time, forgetful of what it deletes."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from ledger_kit import LedgerKit
from sqlalchemy.dialects import postgresql

from consent_ledger.database import Database, DatabaseInUse, held_alone
from consent_ledger.tables import consents, metadata


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("secure_delete", 1), ("foreign_keys", 1)],
)
def test_a_commit_is_durable_and_a_deletion_final(kit: LedgerKit, pragma: str, value: object) -> None:
    with kit.database.transaction() as connection:
        assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


def test_the_migrations_make_the_tables_that_the_code_declares(kit: LedgerKit) -> None:
    with kit.database.transaction() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_failed_operation_leaves_nothing(kit: LedgerKit) -> None:
    def fail_half_way() -> None:
        with kit.database.transaction() as connection:
            connection.exec_driver_sql("UPDATE ledger_time SET epoch = 99")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    with kit.database.transaction() as connection:
        assert connection.exec_driver_sql("SELECT epoch FROM ledger_time").scalar() == 1


def test_one_ledger_holds_a_file_and_lets_it_go(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/below/ledger.db"
    with held_alone(url), pytest.raises(DatabaseInUse, match="stop that one first"), held_alone(url):
        pytest.fail("two held it")
    with held_alone(url):
        Database(url).close()


def test_on_postgresql_rows_are_held_in_the_order_of_their_ids() -> None:
    chosen = consents.select().order_by(consents.c.consent_id).with_for_update()
    text = str(chosen.compile(dialect=postgresql.dialect()))
    assert text.rstrip().endswith("ORDER BY consents.consent_id FOR UPDATE")
