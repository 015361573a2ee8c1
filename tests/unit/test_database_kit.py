"""The kit's PostgreSQL: one server, a database a test, nothing left behind whatever ends the run."""

import multiprocessing
import os
import signal
import time
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

import canary_hold
import psycopg
import pytest
from database_kit import NewDatabase, Postgres, running_postgres
from sqlalchemy import create_engine, inspect, text


def test_each_call_makes_an_empty_database_and_leaves_none(new_database: NewDatabase) -> None:
    with new_database() as one, new_database() as other:
        assert one != other
        for url in (one, other):
            engine = create_engine(url)
            with engine.begin() as connection:
                assert inspect(connection).get_table_names() == []
                connection.execute(text("CREATE TABLE seen (number INTEGER)"))
            engine.dispose()


def test_what_fills_a_database_does_so_once_and_each_copy_is_its_own(new_database: NewDatabase) -> None:
    filled: list[str] = []

    def fill(url: str) -> None:
        filled.append(url)
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE seen (number INTEGER)"))
        engine.dispose()

    def seen(url: str) -> int:
        """How many rows there were; then one more."""
        engine = create_engine(url)
        with engine.begin() as connection:
            before = connection.execute(text("SELECT count(*) FROM seen")).scalar_one()
            connection.execute(text("INSERT INTO seen VALUES (1)"))
        engine.dispose()
        return int(before)

    with new_database(fill) as one, new_database(fill) as other:
        assert [seen(one), seen(one), seen(other)] == [0, 1, 0]
    with new_database(fill) as again:
        assert seen(again) == 0
        assert len(filled) == 1
        assert filled[0] not in (one, other, again)


def test_a_used_copy_is_as_the_first_whatever_was_done_in_it(postgres: Postgres) -> None:
    """Guards against change, numbers that were given out and who is still connected are no hindrance."""
    with postgres.database(guarded) as url:
        first = url
        held = create_engine(url).connect()
        held.execute(text("INSERT INTO seen (said) VALUES ('it''s {new} \\')"))
        held.commit()
        held.execute(text("UPDATE clock SET at = 7"))
    with postgres.database(guarded) as url:
        assert url == first
        assert rows(url, "SELECT number, said FROM seen") == [(1, "it's {old} \\")]
        assert rows(url, "SELECT at, raw FROM clock") == [(5, b"\x00\xff")]
        assert rows(url, "INSERT INTO seen (said) VALUES ('next') RETURNING number") == [(2,)]
        with pytest.raises(psycopg.errors.RaiseException, match="only added"):
            rows(url, "DELETE FROM seen")
    held.invalidate()


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE clock ADD COLUMN more integer",
        "ALTER TABLE seen DISABLE TRIGGER ALL",
        "CREATE TABLE other (number integer)",
        "DROP TABLE clock",
        "CREATE INDEX said ON seen (said)",
        "ALTER TABLE clock ADD CONSTRAINT early CHECK (at < 9)",
    ],
)
def test_a_copy_whose_shape_was_changed_is_not_used_again(postgres: Postgres, change: str) -> None:
    with postgres.database(guarded) as url:
        changed = url
        rows(url, change)
    with postgres.database(guarded) as url:
        assert url != changed
        assert rows(url, "SELECT at FROM clock") == [(5,)]


def guarded(url: str) -> None:
    """A table that only grows, by numbers, and one with a row."""
    rows(
        url,
        r"""
        CREATE TABLE seen (number integer GENERATED ALWAYS AS IDENTITY, said text);
        CREATE TABLE clock (at integer, raw bytea);
        INSERT INTO seen (said) VALUES ('it''s {old} \');
        INSERT INTO clock VALUES (5, '\x00ff');
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'only added'; END $$;
        CREATE TRIGGER kept BEFORE UPDATE OR DELETE OR TRUNCATE ON seen EXECUTE FUNCTION refuse();
        """,
    )


def rows(url: str, statements: str) -> list[tuple[object, ...]]:
    """What the last of `statements` answers."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        cursor = connection.execute(statements.encode())
        while cursor.nextset():
            pass
        return cursor.fetchall() if cursor.description else []


def test_the_rows_of_every_schema_are_held_for_the_search(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(canary_hold.VARIABLE, str(tmp_path))
    with postgres.database() as url:
        rows(url, "CREATE SCHEMA office; CREATE TABLE office.seen AS SELECT 'of an office' AS said")
    (held,) = tmp_path.iterdir()
    assert "of an office" in held.read_text()


def test_a_database_goes_even_while_somebody_is_connected(postgres: Postgres) -> None:
    with postgres.database() as url:
        held = create_engine(url).connect()
    names = postgres.execute("SELECT datname FROM pg_database WHERE datname LIKE 'test%'")
    assert (url.partition("@/")[2].partition("?")[0],) not in names
    held.invalidate()


def run_until_killed(told: Pipe) -> None:
    with running_postgres() as server:
        pid = int((server.folder / "data" / "postmaster.pid").read_text().split()[0])
        told.send((str(server.folder), pid))
        signal.pause()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_run_that_is_killed_leaves_no_server_and_no_folder(how: signal.Signals) -> None:
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    run = spawn.Process(target=run_until_killed, args=(there,), daemon=True)
    run.start()
    assert here.poll(60)
    folder, pid = here.recv()
    assert Path(folder).is_dir()
    assert run.pid is not None
    os.kill(run.pid, how)
    run.join()
    deadline = time.monotonic() + 30
    while Path(folder).exists() or is_running(pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    """Whether it is there and no zombie that nobody has collected yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
