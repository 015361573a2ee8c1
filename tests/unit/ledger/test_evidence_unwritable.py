"""Where the log of evidence cannot be written nothing is sealed, opened or refused: 503, no change."""

import base64
from collections.abc import Callable

import httpx
import pytest
from evidence_kit import is_whole, leaves
from ledger_kit import OPERATOR, RECIPIENT, SENDER, STRANGER, LedgerKit, a_form, give_body
from sqlalchemy import delete, text

from consent_ledger.tables import evidence_log, metadata
from referral_exchange import ids

Asked = dict[str, tuple[str, str, dict[str, object]]]


def ask_everything(kit: LedgerKit) -> Asked:
    """What is asked, by name: who asks, where, and what."""
    body, app = give_body(a_form()), kit.app()
    part = {name: body[name] for name in ("consent_id", "referral_id", "recipient")}
    sealed = {**part, "data_class": "identity", "blob": base64.b64encode(b"a blob").decode()}
    with kit.sending(), kit.client(app, SENDER) as sender:
        assert sender.post("/v1/consents", json=body).status_code == 201
        (lock,) = sender.post("/v1/seal", json={"parts": [sealed]}).json()["locks"]
    opened = {"consent_id": body["consent_id"], "referral_id": body["referral_id"], "lock": lock}
    return {
        "seal": (SENDER, "/v1/seal", {"parts": [sealed]}),
        "open": (RECIPIENT, "/v1/open", {"locks": [opened]}),
        "a rule's denial": (SENDER, "/v1/seal", {"parts": [{**sealed, "data_class": "location"}]}),
        "a stranger's denial": (STRANGER, "/v1/open", {"locks": [opened]}),
        "denial of the unknown": (STRANGER, "/v1/open", {"locks": [{**opened, "consent_id": ids.fresh()}]}),
        "administration": (OPERATOR, "/v1/administration", {"action": "pause", "about": "harbor-house"}),
        "give": (SENDER, "/v1/consents", give_body(a_form())),
        "withdraw": (SENDER, "/v1/withdrawals", {"consent_id": body["consent_id"]}),
    }


def answers(kit: LedgerKit, asked: Asked) -> dict[str, int]:
    app, found = kit.app(), {}
    with kit.sending():
        for name, (programme, path, body) in asked.items():
            with kit.client(app, programme) as client:
                found[name] = client.post(path, json=body).status_code
                assert client.get("/health/live").status_code == 200
    return found


def rows(kit: LedgerKit) -> list[object]:
    with kit.database.transaction() as connection:
        tables = (t for name, t in sorted(metadata.tables.items()) if name != "ledger_time")
        return [sorted(map(repr, connection.execute(table.select()))) for table in tables]


def refuse_inserts(kit: LedgerKit, table: str) -> Callable[[], None]:
    """Lets the database refuse each new row of `table`; returns what mends it."""
    raised = "RAISE(FAIL, 'in a test')"
    with kit.database.transaction() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(
                text(f"CREATE TRIGGER broken BEFORE INSERT ON {table} BEGIN SELECT {raised}; END")
            )
        else:
            connection.execute(text(f"ALTER TABLE {table} ADD CONSTRAINT broken CHECK (false) NOT VALID"))

    def mend() -> None:
        with kit.database.transaction() as connection:
            if connection.dialect.name == "sqlite":
                connection.execute(text("DROP TRIGGER broken"))
            else:
                connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT broken"))

    return mend


@pytest.mark.parametrize("table", ["evidence_leaves", "evidence_nodes", "disclosures"])
def test_an_insert_that_fails_refuses_everything_and_changes_nothing(kit: LedgerKit, table: str) -> None:
    asked = ask_everything(kit)
    if table == "evidence_nodes" and len(leaves(kit)) % 2 == 0:
        with kit.client(kit.app(), OPERATOR) as client:  # only every other leaf makes a node
            client.post("/v1/administration", json=asked["administration"][2])
    if table == "disclosures":
        del asked["administration"]
    mend, before = refuse_inserts(kit, table), rows(kit)
    assert set(answers(kit, asked).values()) == {503}
    assert rows(kit) == before
    mend()
    healed = answers(kit, asked)
    expected = {"seal": 200, "open": 200, "withdraw": 200, "give": 201, "administration": 201,
                "a rule's denial": 403, "a stranger's denial": 404, "denial of the unknown": 404}  # fmt: skip
    assert healed == {name: expected[name] for name in asked}
    assert is_whole(kit)


def test_a_log_that_has_lost_its_row_refuses_everything(kit: LedgerKit) -> None:
    asked = ask_everything(kit)
    with kit.database.transaction() as connection:
        connection.execute(delete(evidence_log))
    before = rows(kit)
    assert set(answers(kit, asked).values()) == {503}
    assert rows(kit) == before


def test_a_full_disk_refuses_everything_and_heals(sqlite_kit: LedgerKit) -> None:
    kit = sqlite_kit
    asked = ask_everything(kit)
    del asked["withdraw"]  # it empties rows, and so makes room for itself
    pages = fill(kit, asked)
    before = rows(kit)
    assert set(answers(kit, asked).values()) == {503}
    assert rows(kit) == before
    limit(kit, pages * 100)
    assert answers(kit, asked)["open"] == 200
    assert is_whole(kit)


def fill(kit: LedgerKit, asked: Asked) -> int:
    """Uses up every page, so that the log has none for its next leaf."""
    with kit.database.transaction() as connection:
        pages = int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())
    limit(kit, pages)
    app = kit.app()
    clients = {name: kit.client(app, name) for name in (SENDER, RECIPIENT, STRANGER, OPERATOR)}
    refused = 0
    while refused < 8:
        for programme, path, body in (asked[name] for name in asked if name != "give"):
            answered = clients[programme].post(path, json=body)
            refused = refused + 1 if is_away(answered) else 0
    return pages


def is_away(answered: httpx.Response) -> bool:
    return answered.status_code == 503


def limit(kit: LedgerKit, pages: int) -> None:
    with kit.database.transaction() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
