"""Storage that fails: a full disk, a broken connection; nothing half done, and nothing acknowledged."""

import base64
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest
from database_kit import Postgres
from ledger_kit import RECIPIENT, SENDER, START, LedgerKit, a_form, give_body
from sqlalchemy import Connection

from consent_ledger import rules, store
from consent_ledger.giving import give
from consent_ledger.records import Disclosure
from consent_ledger.tables import metadata
from referral_exchange import databases


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def part(body: dict[str, object]) -> dict[str, object]:
    named = {name: body[name] for name in ("consent_id", "referral_id", "recipient")}
    return {**named, "data_class": "identity", "blob": b64(b"a blob")}


def code(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).rpartition("/")[2]


def test_a_full_disk_opens_nothing_acknowledges_nothing_and_heals(
    sqlite_kit: LedgerKit, caplog: pytest.LogCaptureFixture
) -> None:
    kit, app, body = sqlite_kit, sqlite_kit.app(), give_body(a_form())
    with kit.sending(), kit.client(app, SENDER) as sender, kit.client(app, RECIPIENT) as recipient:
        sender.post("/v1/consents", json=body)
        lock = sender.post("/v1/seal", json={"parts": [part(body)]}).json()["locks"][0]
        named = {"consent_id": body["consent_id"], "referral_id": body["referral_id"], "lock": lock}
        pages = fill_disk(kit)
        answers = [recipient.post("/v1/open", json={"locks": [named] * 100}) for _ in range(5)]
        assert {(a.status_code, code(a)) for a in answers[-2:]} == {(503, "outcome-unknown")}
        forms = (give_body(a_form()) for _ in range(100))
        fresh = next(b for b in forms if sender.post("/v1/consents", json=b).status_code == 503)
        opened = sum(len(a.json()["opened"]) for a in answers if a.status_code == 200)
        listed = sender.post("/v1/disclosures", json={"consent_ids": [body["consent_id"]]}).json()
        assert [line["kind"] for line in listed["disclosures"]].count("opened") == opened
        set_pages(kit, pages * 100)
        assert recipient.post("/v1/open", json={"locks": [named]}).status_code == 200
        assert sender.post("/v1/consents", json=fresh).status_code == 201
    assert "INSERT" not in caplog.text


def fill_disk(kit: LedgerKit) -> int:
    with kit.database.transaction() as connection:
        pages = int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())
    set_pages(kit, pages)
    return pages


def set_pages(kit: LedgerKit, most: int) -> None:
    with kit.database.transaction() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {most}")


@pytest.fixture
def pg_kit(tmp_path: Path, postgres: Postgres) -> Iterator[LedgerKit]:
    with postgres.database() as url:
        made = LedgerKit(tmp_path, url=url)
        yield made
        made.close()


def what_is_stored(kit: LedgerKit) -> list[object]:
    """Every row but the ledger's time."""
    with kit.database.transaction() as connection:
        tables = (t for name, t in sorted(metadata.tables.items()) if name != "ledger_time")
        return [sorted(map(repr, connection.execute(table.select()))) for table in tables]


@pytest.mark.parametrize("path", ["/v1/consents", "/v1/seal", "/v1/open", "/v1/check", "/v1/withdrawals"])
def test_a_connection_that_breaks_amid_a_transaction_leaves_nothing_half_done(
    pg_kit: LedgerKit, postgres: Postgres, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    kit, app, body = pg_kit, pg_kit.app(), give_body(a_form())
    note = store.note
    with kit.sending(), kit.client(app, SENDER) as sender, kit.client(app, RECIPIENT) as recipient:
        sender.post("/v1/consents", json=body)
        lock = sender.post("/v1/seal", json={"parts": [part(body)]}).json()["locks"][0]
        named = {"consent_id": body["consent_id"], "referral_id": body["referral_id"]}
        asked: dict[str, dict[str, object]] = {
            "/v1/consents": give_body(a_form()),
            "/v1/seal": {"parts": [part(body)]},
            "/v1/open": {"locks": [{**named, "lock": lock}]},
            "/v1/check": {**named, "recipient": RECIPIENT},
            "/v1/withdrawals": {"consent_id": body["consent_id"]},
        }
        asker = recipient if path == "/v1/open" else sender
        before = what_is_stored(kit)

        def breaks(connection: Connection, lines: Sequence[Disclosure]) -> list[int]:
            assert postgres.break_connections(kit.url) > 0
            return note(connection, lines or [rules.denial_to_stranger("0" * 36, SENDER, START)])

        monkeypatch.setattr(store, "note", breaks)
        answer = asker.post(path, json=asked[path])
        assert (answer.status_code, code(answer)) == (503, "outcome-unknown")
        monkeypatch.setattr(store, "note", note)
        assert what_is_stored(kit) == before
        assert asker.post(path, json=asked[path]).status_code in (200, 201, 204)


def test_a_database_that_is_away_answers_503_and_all_is_well_once_it_is_back(
    pg_kit: LedgerKit, postgres: Postgres
) -> None:
    kit, app, body = pg_kit, pg_kit.app(), give_body(a_form())
    with kit.sending(), kit.client(app, SENDER) as sender:
        sender.post("/v1/consents", json=body)
        postgres.stop()
        try:
            answer = sender.post("/v1/seal", json={"parts": [part(body)]})
            assert (answer.status_code, code(answer)) == (503, "outcome-unknown")
        finally:
            postgres.start()
        assert sender.post("/v1/seal", json={"parts": [part(body)]}).status_code == 200


def test_a_row_that_is_held_too_long_is_not_waited_for_for_ever(
    tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(databases._SESSION, "lock_timeout", "50")
    with postgres.database() as url:
        kit, form = LedgerKit(tmp_path, url=url), a_form()
        give(kit.ledger, form)
        with kit.ledger.operation() as operation, kit.client(kit.app(), SENDER) as sender:
            store.hold(operation.connection, {form.consent_id})
            answer = sender.post("/v1/withdrawals", json={"consent_id": form.consent_id})
            assert (answer.status_code, code(answer)) == (503, "outcome-unknown")
        kit.close()
