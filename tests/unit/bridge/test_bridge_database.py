"""The bridge's database on SQLite and on PostgreSQL: up and down with rows in, and asked by many at once."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from bridge_kit import CHEAP, NOW, StandInEdge, a_client, a_config, a_consent, an_id, keyed
from sqlalchemy import create_engine, inspect

from ngo_bridge.app import build
from ngo_bridge.database import NEWEST, Database, StoreUnavailable, file_url, migrate
from ngo_bridge.local_secret import LocalSecret
from ngo_bridge.sign_in import accounts
from ngo_bridge.sign_in.desk import Desk
from ngo_bridge.store import CommandBook, KeyReused
from ngo_bridge.tables import metadata
from ngo_bridge.token_book import ShownOnce, TokenBook
from ngo_bridge.tokens import Token

SIGN_IN = {"caseworker", "session", "sign_in_wait", "audit"}
MARK, OTHER = b"\x01" * 32, b"\x02" * 32


def a_token(name: str = "case-records") -> Token:
    return Token(
        token_id=an_id(name),
        name=name,
        scopes=frozenset({"read", "open"}),
        issued_at=NOW,
        ends_at=NOW + timedelta(days=1),
    )


def test_a_key_is_known_again_and_another_request_is_told(database_url: str) -> None:
    book = CommandBook(Database(database_url))
    assert book.claim(an_id("one"), MARK, NOW) == (NOW, False)
    assert book.claim(an_id("one"), MARK, NOW + timedelta(hours=1)) == (NOW, True)
    with pytest.raises(KeyReused):
        book.claim(an_id("one"), OTHER, NOW)
    book.forget_before(NOW + timedelta(seconds=1))
    assert book.claim(an_id("one"), OTHER, NOW) == (NOW, False)


def test_many_at_once_agree_on_who_was_first(database_url: str) -> None:
    books = [CommandBook(Database(database_url)) for _ in range(2)]

    def claim(n: int) -> tuple[bool, bool]:
        moment = NOW + timedelta(seconds=n)
        first_at, again = books[n % 2].claim(an_id("one"), MARK, moment)
        return again, first_at == moment

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(claim, range(16)))
    assert [again for again, _ in found].count(False) == 1
    assert [mine for _, mine in found].count(True) == 1


def test_a_token_is_found_until_it_is_revoked(database_url: str) -> None:
    book = TokenBook(Database(database_url))
    secret = book.issue(a_token())
    found = book.find(secret, NOW)
    assert found is not None
    assert found.scopes == {"read", "open"}
    assert [each.last_used_on for each in book.all()] == [NOW.date()]
    with pytest.raises(ShownOnce):
        book.issue(a_token())
    assert book.revoke(an_id("none"), NOW) is None
    first = book.revoke(an_id("case-records"), NOW)
    again = book.revoke(an_id("case-records"), NOW + timedelta(hours=1))
    assert first == again
    assert book.find(secret, NOW) is None
    assert not book.works(an_id("case-records"), NOW)


def test_the_steps_lead_up_and_down_with_rows_in(database_url: str) -> None:
    database = Database(database_url)
    CommandBook(database).claim(an_id("one"), MARK, NOW)
    TokenBook(database).issue(a_token())
    desk = Desk(database, LocalSecret(bytes(32)), CHEAP)
    handed = accounts.add(desk, "invented-ash", "caseworker", NOW)
    desk.sessions.begin(handed.account.caseworker_id, NOW)
    with database.transaction() as connection:
        assert set(metadata.tables) <= set(inspect(connection).get_table_names())
        migrate(connection, "0002")
        assert not SIGN_IN & set(inspect(connection).get_table_names())
    assert [each.name for each in TokenBook(database).all()] == ["case-records"]
    with database.transaction() as connection:
        migrate(connection, "0001")
        assert "token" not in inspect(connection).get_table_names()
    assert CommandBook(database).claim(an_id("one"), MARK, NOW) == (NOW, True)
    with database.transaction() as connection:
        migrate(connection, NEWEST)
    assert TokenBook(database).all() == []
    assert (desk.caseworkers.all(), desk.sessions.live(NOW), list(desk.audit.lines())) == ([], {}, [])
    assert accounts.add(desk, "invented-ash", "caseworker", NOW)
    with database.transaction() as connection:
        migrate(connection, "base")
        assert not set(metadata.tables) & set(inspect(connection).get_table_names())
        migrate(connection, NEWEST)
    assert CommandBook(database).claim(an_id("one"), MARK, NOW) == (NOW, False)


def test_the_steps_make_the_tables_that_the_code_describes(database_url: str) -> None:
    database = Database(database_url)
    with database.transaction() as connection:
        for name, table in metadata.tables.items():
            made = {column["name"]: column["nullable"] for column in inspect(connection).get_columns(name)}
            assert made == {column.name: column.nullable for column in table.columns}


def test_a_whole_bridge_works_on_it(database_url: str, edge: StandInEdge, tmp_path: Path) -> None:
    app = build(edge, a_config(tmp_path, database=database_url), lambda: NOW)  # type: ignore[arg-type]
    with a_client(app) as http:
        first, again = (http.post("/v1/consents", json=a_consent(), headers=keyed()) for _ in range(2))
        assert (first.status_code, first.json()) == (201, again.json())
        other = http.post("/v1/consents", json=a_consent(language="en"), headers=keyed())
        assert other.status_code == 422
        asked = {"name": "case-records", "scopes": ["read"]}
        token = http.post("/v1/tokens", json=asked, headers=keyed()).json()["token"]
        assert http.get("/v1/inbox", headers={"authorization": f"Bearer {token}"}).status_code == 200
        assert http.get("/v1/inbox", headers={"authorization": f"Bearer {token}x"}).status_code == 401
        assert http.get("/").status_code == 200
    assert not (tmp_path / "bridge.db").exists() or database_url.startswith("sqlite")


def test_what_an_older_bridge_kept_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "bridge.db"
    with sqlite3.connect(path) as old:
        old.execute(
            "CREATE TABLE command (command_id TEXT PRIMARY KEY, fingerprint BLOB NOT NULL, "
            "first_at TEXT NOT NULL) WITHOUT ROWID"
        )
        old.execute("INSERT INTO command VALUES (?, ?, ?)", (an_id("one"), MARK, NOW.isoformat()))
    old.close()
    assert CommandBook(Database(file_url(path))).claim(an_id("one"), MARK, NOW) == (NOW, True)
    assert path.stat().st_mode & 0o077 == 0


def test_a_database_that_takes_nothing_is_said_without_its_text(tmp_path: Path) -> None:
    database = Database(file_url(tmp_path / "bridge.db"))
    with create_engine(file_url(tmp_path / "bridge.db")).begin() as connection:
        connection.exec_driver_sql("DROP TABLE command")
    with pytest.raises(StoreUnavailable) as told:
        CommandBook(database).claim(an_id("one"), MARK, NOW)
    assert "command" not in str(told.value)
    assert told.value.__suppress_context__
