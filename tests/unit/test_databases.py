"""How every database is kept: durable, forgetful, private, by turns, read at one moment."""

import threading
import time
from pathlib import Path

import pytest
from database_kit import Postgres
from sqlalchemy import URL, text
from sqlalchemy.exc import InternalError

from referral_exchange.databases import UNAVAILABLE, Database, Manner, engine_of, file_url


class Away(Exception):
    """What a service says of its database."""


@pytest.fixture
def made(database_url: str) -> Database:
    database = Database(database_url, Manner(turn="1, 1"))
    with database.transaction() as connection:
        connection.execute(text("CREATE TABLE seen (number INTEGER)"))
    return database


def numbers(database: Database) -> list[int]:
    with database.snapshot() as connection:
        return list(connection.scalars(text("SELECT number FROM seen ORDER BY number")))


def test_a_commit_is_on_disk_and_an_erased_row_is_overwritten(tmp_path: Path) -> None:
    database = Database(file_url(tmp_path / "deep" / "one.db"), Manner())
    with database.transaction() as connection:
        said = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "secure_delete", "foreign_keys", "trusted_schema")
        }
    assert said == {
        "journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1, "trusted_schema": 0
    }  # fmt: skip


def test_a_file_is_its_owners_alone_also_one_that_was_not(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "one.db"
    Database(file_url(path), Manner()).close()
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    path.chmod(0o644)
    Database(file_url(path), Manner()).close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_transaction_is_all_or_nothing(made: Database) -> None:
    def fail() -> None:
        with made.transaction() as connection:
            connection.execute(text("INSERT INTO seen VALUES (1)"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert numbers(made) == []


def test_a_snapshot_is_one_moment_and_writes_nothing(made: Database) -> None:
    with made.snapshot() as reading:
        assert reading.scalar(text("SELECT count(*) FROM seen")) == 0
        with made.transaction() as writing:
            writing.execute(text("INSERT INTO seen VALUES (1)"))
        assert reading.scalar(text("SELECT count(*) FROM seen")) == 0
    assert numbers(made) == [1]
    with made.snapshot() as reading:
        if reading.dialect.name == "postgresql":
            with pytest.raises(InternalError, match="read-only"):
                reading.execute(text("INSERT INTO seen VALUES (2)"))
        else:
            reading.execute(text("INSERT INTO seen VALUES (2)"))
    assert numbers(made) == [1]


def opened_at_once(url: URL) -> list[Exception]:
    """What went wrong where four opened a file at the same moment."""
    together, failed = threading.Barrier(4), list[Exception]()

    def opens() -> None:
        database = Database(url, Manner())
        together.wait(10)
        try:
            with database.transaction() as connection:
                connection.exec_driver_sql("SELECT 1")
        except UNAVAILABLE as error:
            failed.append(error)
        database.close()

    openers = [threading.Thread(target=opens) for _ in range(4)]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join()
    return failed


def test_several_that_open_a_new_file_at_once_all_get_in(tmp_path: Path) -> None:
    for number in range(20):
        assert opened_at_once(file_url(tmp_path / f"{number}.db")) == []


@pytest.mark.parametrize("manner", [Manner(turn="1, 1"), Manner(turn="1, 1", together=True)])
def test_who_is_alone_waits_for_the_others_and_they_for_it(database_url: str, manner: Manner) -> None:
    databases = [Database(database_url, manner) for _ in range(2)]
    inside = threading.Semaphore()
    met: list[bool] = []

    def write(database: Database) -> None:
        for _ in range(10):
            with database.transaction(alone=True):
                first = inside.acquire(blocking=False)
                time.sleep(0.002)
                met.append(first)
                if first:
                    inside.release()

    writers = [threading.Thread(target=write, args=(databases[n % 2],)) for n in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert met == [True] * 40
    for database in databases:
        database.close()


def test_who_waits_for_a_turn_holds_no_connection(database_url: str) -> None:
    database = Database(database_url, Manner(turn="1, 1", kept=1, more=0))
    asked, done = threading.Semaphore(0), threading.Semaphore(0)

    def write() -> None:
        asked.release()
        with database.transaction() as connection:
            connection.execute(text("SELECT 1"))
        done.release()

    writers = [threading.Thread(target=write) for _ in range(8)]
    with database.transaction():
        for writer in writers:
            writer.start()
        assert all(asked.acquire(timeout=20) for _ in writers)
        time.sleep(0.05)
        assert database.engine.pool.checkedout() == 1  # type: ignore[attr-defined]
    assert all(done.acquire(timeout=20) for _ in writers)


def test_sharers_are_inside_together(postgres: Postgres) -> None:
    with postgres.database() as url:
        database = Database(url, Manner(turn="1, 1", together=True))
        with database.transaction(), database.transaction() as second:
            assert second.scalar(text("SELECT 1")) == 1
        database.close()


def test_what_a_database_says_is_told_in_the_services_words(database_url: str) -> None:
    telling = Database(database_url, Manner(lambda: Away("free the disk"), signs=(Exception,)))
    with pytest.raises(Away, match="free the disk") as told, telling.transaction() as connection:
        connection.execute(text("INSERT INTO nothing VALUES (:name)"), {"name": "Nobody Invented"})
    assert told.value.__suppress_context__
    plain = Database(database_url, Manner())
    with pytest.raises(Exception, match="nothing") as said, plain.transaction() as connection:
        connection.execute(text("INSERT INTO nothing VALUES (:name)"), {"name": "Nobody Invented"})
    assert "Nobody Invented" not in str(said.value)


def test_postgresql_keeps_our_settings_whatever_its_address_says(postgres: Postgres) -> None:
    with postgres.database() as url:
        engine = engine_of(f"{url}&options=-csynchronous_commit%3Doff%20-csearch_path%3Dpg_catalog")
        with engine.connect() as connection:
            said = [
                connection.exec_driver_sql(f"SHOW {name}").scalar()
                for name in ("synchronous_commit", "lock_timeout", "search_path")
            ]
        engine.dispose()
    assert said == ["on", "10s", "pg_catalog"]


def test_history_that_was_forgotten_is_not_in_the_write_ahead_log(tmp_path: Path) -> None:
    database = Database(file_url(tmp_path / "one.db"), Manner())
    with database.transaction() as connection:
        connection.execute(text("CREATE TABLE seen (word TEXT)"))
        connection.execute(text("INSERT INTO seen VALUES ('hummingbird')"))
    with database.transaction() as connection:
        connection.execute(text("DELETE FROM seen"))
    files = sorted(tmp_path.iterdir())
    assert any(b"hummingbird" in file.read_bytes() for file in files)
    database.forget_history()
    assert not any(b"hummingbird" in file.read_bytes() for file in files)


def test_every_service_keeps_its_database_by_this_module() -> None:
    """No second copy of engine, pragmas and BEGIN anywhere in the services."""
    services = Path(__file__).parents[2] / "services"
    words = ("create_engine(", 'BEGIN IMMEDIATE"', "PRAGMA journal")
    copies = [
        path.relative_to(services).as_posix()
        for path in services.rglob("*.py")
        if any(word in path.read_text(encoding="utf-8") for word in words)
    ]
    assert copies == ["referral_exchange/databases.py"]
