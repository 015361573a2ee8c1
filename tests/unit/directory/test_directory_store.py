"""What the directory keeps, on each kind of database: listings, the outbox, and the way back."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from directory_kit import (
    CODEC,
    NOW,
    OWN,
    Office,
    Topic,
    as_bytes,
    attribute,
    capacity,
    draft,
    listed_participant,
    listed_programme,
    service,
)
from sqlalchemy import inspect

from referral_exchange.directory import Entry, entry_key
from referral_exchange.message import Envelope, Message, headers
from referral_exchange.runtime import OutcomeUnknown
from referral_exchange.signing import ProgrammeSigner
from service_directory.book import Book
from service_directory.database import Database, StoreUnavailable, migrate
from service_directory.tables import metadata

TERMS = [attribute(1, "programme:harbor-advocacy"), attribute(2, "Legal Services", "NIEM")]


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    """A directory on each kind of database."""
    made = Office(database_url)
    yield made
    made.close()


def put(topic: Topic, entry: Entry, signer: ProgrammeSigner = OWN, key: str | None = None) -> None:
    """A listing on the topic, by another process."""
    value, named = CODEC.encode(entry), key or entry_key(entry)
    envelope = Envelope(entry.RECORD, entry.event_id, entry.occurred_at, named, "")
    topic.messages.append(Message("directory", named, value, headers(envelope, value, signer)))


def again(office: Office) -> Office:
    """The same database and topic, by a new process."""
    office.close()
    return Office(office.url, office.topic, office.clock)


def elsewhere(office: Office, url: str) -> Office:
    """A new disk, the same topic."""
    return Office(url, office.topic, office.clock)


def test_what_stands_in_the_topic_is_adopted(office: Office) -> None:
    put(office.topic, listed_participant())
    put(office.topic, listed_programme())
    put(office.topic, capacity())
    office.reader.read_to_end()
    assert office.search()[0]["capacity"] == "capacity"
    assert again(office).search()[0]["programme_id"] == "harbor-advocacy"
    assert office.topic.directory().programmes.keys() == {"harbor-advocacy"}


def test_a_new_disk_reaches_the_same_listings(office: Office, new_database: object) -> None:
    office.enrol(programmes=[draft(), draft(programme_id="harbor-shelter", confidential=True)])
    assert office.send("a.json", as_bytes(service(attributes=TERMS))).json()["programmes"]
    office.book.report_capacity(capacity())
    office.publisher.flush()
    with new_database() as url:  # type: ignore[operator]
        other = elsewhere(office, url)
        other.reader.read_to_end()
        assert other.search() == office.search()
        assert other.book.view.directory == office.book.view.directory
        other.close()


def test_listings_of_another_key_are_never_adopted(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    stranger = ProgrammeSigner("service_directory", "1", Ed25519PrivateKey.generate())
    put(office.topic, listed_programme(), stranger)
    put(office.topic, listed_programme(), key="programme:harbor-shelter")
    office.topic.messages.append(Message("directory", "programme:x", b"\0\0\0\0\1junk", {}))
    office.reader.read_to_end()
    assert office.search() == []
    assert caplog.text.count("ignored") == 3


def test_what_waits_is_newer_than_what_the_topic_says(office: Office) -> None:
    put(office.topic, listed_participant())
    put(office.topic, listed_programme())
    office.reader.read_to_end()
    office.topic.away = True
    assert office.enrol(programmes=[draft(region="South Fields")]).status_code == 503
    put(office.topic, listed_programme(occurred_at=NOW + timedelta(hours=1), region="Elsewhere"))
    office.reader.step()
    assert office.search()[0]["region"] == "South Fields"


def test_an_older_listing_never_replaces_a_newer(office: Office) -> None:
    office.enrol()
    put(office.topic, listed_programme(occurred_at=NOW - timedelta(hours=1), region="Long ago"))
    office.reader.read_to_end()
    assert office.search()[0]["region"] == "Bay Side"
    put(office.topic, listed_programme(occurred_at=NOW + timedelta(hours=1), region="Elsewhere"))
    office.reader.step()
    assert office.search()[0]["region"] == "Elsewhere"


def test_a_topic_made_anew_is_filled_again(office: Office) -> None:
    office.enrol()
    before = office.topic.directory()
    office.topic.messages.clear()
    office.reader.read_to_end()
    office.publisher.flush()
    assert office.topic.directory() == before


def test_a_broker_that_is_away_is_answered_as_unknown_and_loses_nothing(office: Office) -> None:
    office.topic.away = True
    answer = office.enrol()
    assert answer.status_code == 503
    assert answer.json()["type"].endswith("/outcome-unknown")
    assert office.topic.messages == []
    office = again(office)
    office.topic.away = False
    assert office.enrol().json() == {"listed": 0}
    assert office.topic.directory().programmes.keys() == {"harbor-advocacy"}


def test_an_import_is_acknowledged_before_it_is_answered(office: Office) -> None:
    office.enrol()
    office.topic.away = True
    assert office.send("a.json", as_bytes(service(attributes=TERMS))).status_code == 503
    office.topic.away = False
    assert office.send("a.json", as_bytes(service(attributes=TERMS))).status_code == 200
    assert office.topic.directory().programmes["harbor-advocacy"].services == ["Legal Services"]


def test_only_the_last_word_waits(office: Office) -> None:
    office.topic.away = True
    for region in ("One", "Two", "Three"):
        office.enrol(programmes=[draft(region=region)])
    office.topic.away = False
    assert office.publisher.flush() == 2
    assert office.topic.directory().programmes["harbor-advocacy"].region == "Three"


def test_a_repeat_of_what_the_broker_has_already_is_the_same_bytes(office: Office) -> None:
    office.enrol()
    before = list(office.topic.messages)
    with office.database.transaction() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM outbox").scalar() == 0
    office.topic.messages.clear()
    office.book.republish(frozenset())
    office.publisher.flush()
    assert sorted(m.value or b"" for m in office.topic.messages) == sorted(m.value or b"" for m in before)


def test_a_service_that_changes_its_programme_leaves_the_other_with_less(office: Office) -> None:
    office.enrol(programmes=[draft(), draft(programme_id="harbor-legal", name="Harbor legal")])
    office.send("a.json", as_bytes(service(attributes=TERMS, last_modified="2026-01-01T00:00:00Z")))
    moved = [attribute(3, "programme:harbor-legal"), attribute(2, "Legal Services", "NIEM")]
    report = office.send("a.json", as_bytes(service(attributes=moved))).json()
    assert report["programmes"] == ["harbor-legal"]
    assert office.book.view.services["11111111-1111-4111-8111-111111111111"].programme_id == "harbor-legal"


def test_writers_take_turns(office: Office) -> None:
    office.enrol()
    reports = [capacity(as_of=NOW - timedelta(seconds=n), room=n) for n in range(16)]
    threads = [threading.Thread(target=office.book.report_capacity, args=(r,)) for r in reports]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    office.publisher.flush()
    assert office.book.view.directory.capacities["harbor-advocacy"].room == 0
    assert office.topic.directory().capacities["harbor-advocacy"].room == 0


def test_migrations_lead_up_and_down_and_up_again_with_rows_in(database_url: str) -> None:
    office = Office(database_url)
    office.enrol()
    office.close()
    for revision, tables in (("0001", {"listings", "outbox"}), ("base", set()), ("head", {"key_changes"})):
        database = Database(database_url, revision)
        with database.transaction() as connection:
            there = set(inspect(connection).get_table_names()) - {"alembic_version"}
            assert tables <= there
            assert ("key_changes" in there) == (revision == "head")
            if revision == "0001":
                assert connection.exec_driver_sql("SELECT count(*) FROM listings").scalar() == 2
                migrate(connection, "head")
                assert connection.exec_driver_sql("SELECT count(*) FROM listings").scalar() == 2
        database.close()


def test_the_migrations_make_what_the_tables_say(database_url: str) -> None:
    database = Database(database_url)
    with database.transaction() as connection:
        found = inspect(connection)
        for name, table in metadata.tables.items():
            assert {c["name"] for c in found.get_columns(name)} == set(table.columns.keys())
    database.close()


def test_a_database_that_is_away_says_what_to_do(office: Office) -> None:
    office.database.close()
    with office.database.transaction() as connection:
        connection.exec_driver_sql("DROP TABLE services")
        connection.exec_driver_sql("DROP TABLE imports")
    with pytest.raises(StoreUnavailable, match="free the disk or start the database"):
        Book(office.database, CODEC, office.clock)
    answer = office.send("a.json", as_bytes(service()))
    assert answer.status_code == 503
    assert "services" not in answer.text


def test_unanswered_produce_is_told_by_flush(office: Office) -> None:
    office.topic.away = True
    office.book.enrol(listed_participant(), [listed_programme()])
    with pytest.raises(OutcomeUnknown):
        office.publisher.flush()
    assert not office.publisher.reaches_broker
