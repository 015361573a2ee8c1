"""The edge's own database on SQLite and PostgreSQL: migrated both ways with rows, served by one process."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from database_kit import NewDatabase, Postgres
from edge_kit import RECIPIENT, SENDER, Network, accepted
from edge_places import empty_place
from sqlalchemy import Connection, MetaData, inspect, text

from participant_edge.databases import StoreUnusable
from participant_edge.edge import Edge
from participant_edge.migrating import layout, migrate
from participant_edge.store import Store, StoreFull
from participant_edge.tables import NEWEST, metadata


@pytest.fixture
def place(new_database: NewDatabase) -> Iterator[Path | str]:
    with new_database() as url:
        yield empty_place(url, "office")


@pytest.fixture
def store(place: Path | str) -> Iterator[Store]:
    opened = Store(place)
    yield opened
    opened.close()


def shape(found: MetaData) -> dict[str, dict[str, tuple[str, bool]]]:
    return {
        name: {c.name: (type(c.type).__visit_name__.upper(), bool(c.nullable)) for c in table.columns}
        for name, table in found.tables.items()
        if name != "alembic_version"
    }


def test_the_migrations_make_the_tables_that_the_code_works_with(store: Store) -> None:
    found = MetaData()
    with store.read() as connection:
        found.reflect(connection)
        assert layout(connection) == NEWEST
        indexes = {i["name"] for table in found.tables for i in inspect(connection).get_indexes(table)}
    assert {name: sorted(columns) for name, columns in shape(found).items()} == {
        name: sorted(columns) for name, columns in shape(metadata).items()
    }
    for name, columns in shape(metadata).items():
        for column, (_, nullable) in columns.items():
            assert shape(found)[name][column][1] == nullable, f"{name}.{column}"
    assert {i.name for table in metadata.tables.values() for i in table.indexes} <= indexes


def test_a_database_goes_back_and_forth_with_its_rows(network: Network) -> None:
    sender, recipient = network.edge(SENDER), network.edge(RECIPIENT)
    referral_id = accepted(sender, recipient, network)
    before = sender.referral(referral_id)
    sender.stop()
    with (again := Store(network.place(SENDER))).write() as connection:
        migrate(connection, "0001")
        assert layout(connection) == "0001"
        assert not inspect(connection).has_table("changes")
        assert connection.scalar(text("SELECT count(*) FROM steps")) == 3
    again.close()
    assert network.edge(SENDER).referral(referral_id) == before


def test_a_database_from_before_there_were_migrations_is_taken_over(network: Network) -> None:
    sender, recipient = network.edge(SENDER), network.edge(RECIPIENT)
    referral_id = accepted(sender, recipient, network)
    before = sender.referral(referral_id)
    sender.stop()
    with (again := Store(network.place(SENDER))).write() as connection:
        migrate(connection, "0001")
        connection.execute(text("DROP TABLE alembic_version"))
    again.close()
    assert network.edge(SENDER).referral(referral_id) == before


def test_a_layout_of_a_newer_edge_is_left_alone(store: Store, place: Path | str) -> None:
    with store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    with pytest.raises(StoreUnusable, match="install the newer edge"):
        Store(place)


def test_a_step_that_fails_leaves_nothing_behind(store: Store) -> None:
    def fail(connection: Connection) -> None:
        connection.execute(text("INSERT INTO refusals (event_id, code, at) VALUES ('1', 'unknown', 1)"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), store.write() as connection:
        fail(connection)
    with store.read() as connection:
        assert connection.scalar(text("SELECT count(*) FROM refusals")) == 0


def test_a_database_serves_the_next_process_once_it_is_let_go(place: Path | str) -> None:
    first = Store(place)
    with pytest.raises(StoreUnusable, match="another process"):
        Store(place)
    first.close()
    Store(place).close()


def test_an_address_of_another_database_is_refused() -> None:
    with pytest.raises(StoreUnusable, match="PostgreSQL"):
        Store("mysql://somewhere/edge")


def test_a_reader_sees_one_state_while_others_write(store: Store) -> None:
    with store.read() as reading:
        assert reading.scalar(text("SELECT count(*) FROM refusals")) == 0
        with store.write() as writing:
            writing.execute(text("INSERT INTO refusals (event_id, code, at) VALUES ('1', 'unknown', 1)"))
        assert reading.scalar(text("SELECT count(*) FROM refusals")) == 0
    with store.read() as reading:
        assert reading.scalar(text("SELECT count(*) FROM refusals")) == 1


def test_writers_take_turns_so_that_numbers_are_seen_in_their_order(store: Store) -> None:
    """A number that is seen has no smaller one that is seen later."""
    insert = "INSERT INTO changes (event_id, kind, what, direction, at) VALUES ('e', 'k', '', 'sent', 1)"
    seen: list[list[int]] = []

    def write() -> None:
        for _ in range(20):
            with store.write() as connection:
                connection.execute(text(insert))

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        with store.read() as connection:
            seen.append(list(connection.scalars(text("SELECT number FROM changes ORDER BY number"))))
    for writer in writers:
        writer.join()
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in seen)


def test_numbers_are_never_used_again(store: Store) -> None:
    insert = "INSERT INTO changes (event_id, kind, what, direction, at) VALUES ('e', 'k', '', 'sent', 1)"
    with store.write() as connection:
        connection.execute(text(insert))
        connection.execute(text("DELETE FROM changes"))
        connection.execute(text(insert))
        assert connection.scalar(text("SELECT number FROM changes")) == 2


ON_A_SERVER = pytest.mark.parametrize("new_database", ["postgresql"], indirect=True)
"""A file has no connections, and stays held for as long as its process lives."""


@ON_A_SERVER
def test_a_server_that_broke_the_connections_is_waited_for(network: Network, postgres: Postgres) -> None:
    place = str(network.place(SENDER))
    edge: Edge = network.edge(SENDER)
    assert postgres.break_connections(place)
    with pytest.raises(StoreFull):
        edge.referrals()
    edge.give_consent(network.consent(), "after")
    with pytest.raises(StoreUnusable, match="another process"):
        Store(place)


@ON_A_SERVER
def test_who_lost_the_database_to_another_process_writes_no_more(
    network: Network, postgres: Postgres
) -> None:
    place = str(network.place(SENDER))
    slow = Store(place)
    assert postgres.break_connections(place)
    other = Store(place)
    for _ in range(3):
        with pytest.raises((StoreFull, StoreUnusable)), slow.write():
            raise AssertionError("it wrote")
    other.close()
