"""The database as the ledger needs it: durable, one writer at a time, forgetful of what it deletes."""

import multiprocessing
import threading
import time
from multiprocessing.synchronize import Event

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from database_kit import Postgres
from ledger_kit import LedgerKit
from sqlalchemy.dialects import postgresql

from consent_ledger.database import Database
from consent_ledger.hold import DatabaseInUse, held_alone
from consent_ledger.tables import consents, metadata


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("secure_delete", 1), ("foreign_keys", 1)],
)
def test_a_commit_is_durable_and_a_deletion_final(sqlite_kit: LedgerKit, pragma: str, value: object) -> None:
    with sqlite_kit.database.transaction() as connection:
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


def test_one_ledger_holds_a_database_and_lets_it_go(database_url: str) -> None:
    with held_alone(database_url), pytest.raises(DatabaseInUse, match="stop that one first"):  # noqa: SIM117
        with held_alone(database_url):
            pytest.fail("two held it")
    with held_alone(database_url):
        Database(database_url).close()


def hold_until_killed(url: str, holds: Event) -> None:
    with held_alone(url):
        holds.set()
        threading.Event().wait()


def test_a_killed_ledger_lets_it_go(database_url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    holds = spawn.Event()
    other = spawn.Process(target=hold_until_killed, args=(database_url, holds), daemon=True)
    other.start()
    assert holds.wait(30)
    with pytest.raises(DatabaseInUse), held_alone(database_url):
        pytest.fail("two held it")
    other.kill()
    other.join()
    deadline = time.monotonic() + 20
    while not can_be_held(database_url):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def can_be_held(url: str) -> bool:
    try:
        with held_alone(url):
            return True
    except DatabaseInUse:
        return False


def test_a_broken_session_takes_its_hold_again_or_gives_way(postgres: Postgres) -> None:
    with postgres.database() as url, held_alone(url) as hold:
        hold.look()
        assert postgres.break_connections(url) == 1
        hold.look()
        assert not can_be_held(url)
        postgres.break_connections(url)
        with held_alone(url), pytest.raises(DatabaseInUse):
            hold.look()


def test_a_hold_outlasts_a_database_that_is_away(
    postgres: Postgres, caplog: pytest.LogCaptureFixture
) -> None:
    with postgres.database() as url, held_alone(url) as hold:
        postgres.stop()
        try:
            hold.look()
            assert "the database is away" in caplog.text
        finally:
            postgres.start()
        hold.look()
        assert not can_be_held(url)


def test_an_answer_from_postgresql_is_on_disk_and_reads_what_is_committed(postgres: Postgres) -> None:
    with postgres.database() as url:
        made = Database(url)
        with made.transaction() as connection:
            said = {
                name: connection.exec_driver_sql(f"SHOW {name}").scalar()
                for name in ("synchronous_commit", "transaction_isolation", "lock_timeout")
            }
        made.close()
    assert said == {
        "synchronous_commit": "on",
        "transaction_isolation": "read committed",
        "lock_timeout": "10s",
    }


def test_rows_are_held_in_the_order_of_their_ids() -> None:
    chosen = consents.select().order_by(consents.c.consent_id).with_for_update()
    text = str(chosen.compile(dialect=postgresql.dialect()))
    assert text.rstrip().endswith("ORDER BY consents.consent_id FOR UPDATE")
