"""A repeat does nothing twice, a key used for something else is told so, and nothing of either is kept."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bridge_kit import (
    A_TIP,
    LETTER,
    NOW,
    StandInEdge,
    a_client,
    a_config,
    a_consent,
    a_ground,
    a_view,
    an_id,
    an_offer,
    keyed,
    received,
    some_needs,
)
from fastapi.testclient import TestClient

from ngo_bridge import local_secret
from ngo_bridge.app import build
from ngo_bridge.commands import REMEMBERED, Commands
from ngo_bridge.database import Database, file_url
from ngo_bridge.store import CommandBook, KeyReused
from participant_edge.errors import OutcomeUnknown

ONE = an_id("a referral")
NO_CONTACT: dict[str, Any] = {"data_class": "safe-contact", "fields": {}}
COMMANDS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("/v1/consents", a_consent(), a_consent(language="en")),
    (
        "/v1/referrals",
        {"consent_id": an_id("a referral consent"), "urgency": "urgent", "needs": some_needs()},
        {"consent_id": an_id("a referral consent"), "urgency": "routine", "needs": some_needs()},
    ),
    (
        f"/v1/referrals/{ONE}/answers",
        {"answer": "accepted", "reason": "accepted"},
        {"answer": "declined", "reason": "no-room"},
    ),
    (
        f"/v1/referrals/{ONE}/disclosures",
        {"parts": [NO_CONTACT, {"data_class": "location", "fields": {"place": "an orchard"}}]},
        {"parts": [NO_CONTACT, {"data_class": "location", "fields": {"place": "a meadow"}}]},
    ),
    (
        f"/v1/referrals/{ONE}/service-status",
        {"state": "in-progress"},
        {"state": "in-progress", "sub_state": "scheduled"},
    ),
    (
        f"/v1/referrals/{ONE}/cancellations",
        {"cancellation": "cancelled"},
        {"cancellation": "entered-in-error"},
    ),
    (f"/v1/referrals/{ONE}/purge-answers", {"purge": "purged"}, {"purge": "legal-hold"}),
    ("/v1/withdrawals", {"referral_id": ONE}, {"referral_id": an_id("another")}),
    (
        "/v1/referrals",
        {"offers": [an_offer("a referral"), an_offer("another")]},
        {"offers": [an_offer("another"), an_offer("a referral")]},
    ),
    (
        f"/v1/referrals/{ONE}/safe-contact",
        {"may_contact": False},
        {"may_contact": True, "method": "through-sender"},
    ),
    (
        "/v1/documents",
        {"referral_id": ONE, "urgency": "urgent", "forms": [LETTER]},
        {"referral_id": ONE, "urgency": "routine", "forms": [LETTER]},
    ),
    (
        "/v1/documents/answers",
        {"referral_id": ONE, "document_event_id": an_id("e"), "reason": "no-room"},
        {"referral_id": ONE, "document_event_id": an_id("e"), "forms": [LETTER]},
    ),
    (
        "/v1/intake",
        {
            "event": "TipReported",
            "consent_id": an_id("a referral consent"),
            "urgency": "urgent",
            "fields": A_TIP,
        },
        {
            "event": "TipReported",
            "consent_id": an_id("a referral consent"),
            "urgency": "routine",
            "fields": A_TIP,
        },
    ),
    ("/v1/grounds", a_ground(), a_ground(jurisdiction="Another State")),
]


@pytest.fixture(autouse=True)
def _two_referrals(edge: StandInEdge) -> None:
    edge.show(a_view(), a_view("another"))


@pytest.mark.parametrize(("path", "body", "other"), COMMANDS)
def test_a_repeat_gets_the_same_answer_and_another_body_none(
    http: TestClient, edge: StandInEdge, path: str, body: dict[str, Any], other: dict[str, Any]
) -> None:
    first, again = (http.post(path, json=body, headers=keyed()) for _ in range(2))
    assert first.status_code in (200, 201, 202), first.text
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    told = list(edge.told)
    changed = http.post(path, json=other, headers=keyed())
    assert (changed.status_code, changed.json()["type"].rsplit("/")[-1]) == (422, "key-reused")
    assert edge.told == told
    assert http.post(path, json=other, headers=keyed("another-key")).is_success


@pytest.mark.parametrize("path", [path for path, _, _ in COMMANDS])
def test_every_command_needs_a_key(http: TestClient, edge: StandInEdge, path: str) -> None:
    body = next(body for known, body, _ in COMMANDS if known == path)
    answer = http.post(path, json=body)
    assert answer.status_code == 422
    assert answer.json()["fields"] == [
        {"field": "header.Idempotency-Key", "error": "missing", "hint": "add this field"}
    ]
    assert edge.told == []


@pytest.mark.parametrize("key", ["", "two words", "x" * 129, "tab\there", "ünvisible"])
def test_a_key_is_1_to_128_visible_characters(http: TestClient, key: str) -> None:
    headers = [(b"idempotency-key", key.encode())]
    assert http.post("/v1/withdrawals", json={"referral_id": ONE}, headers=headers).status_code == 422
    longest = keyed("~" * 128)
    assert http.post("/v1/withdrawals", json={"referral_id": ONE}, headers=longest).status_code == 200


def test_a_key_belongs_to_its_route(http: TestClient, edge: StandInEdge) -> None:
    assert http.post("/v1/consents", json=a_consent(), headers=keyed()).is_success
    cancelling = http.post(
        f"/v1/referrals/{ONE}/cancellations", json={"cancellation": "cancelled"}, headers=keyed()
    )
    assert cancelling.status_code == 202


def test_the_same_key_for_another_referral_is_another_request(http: TestClient, edge: StandInEdge) -> None:
    edge.show(received("first"), received("second"))
    body = {"answer": "accepted", "reason": "accepted"}
    assert http.post(f"/v1/referrals/{an_id('first')}/answers", json=body, headers=keyed()).status_code == 202
    assert (
        http.post(f"/v1/referrals/{an_id('second')}/answers", json=body, headers=keyed()).status_code == 422
    )


def test_a_repeat_after_an_unknown_outcome_is_the_same_command(http: TestClient, edge: StandInEdge) -> None:
    edge.failing = OutcomeUnknown("the broker did not answer in time")
    body = {"cancellation": "cancelled"}
    path = f"/v1/referrals/{ONE}/cancellations"
    unknown = http.post(path, json=body, headers=keyed())
    assert (unknown.status_code, unknown.headers["retry-after"]) == (503, "2")
    assert http.post(path, json=body, headers=keyed()).status_code == 202
    assert len(edge.did("cancel")) == 1


def test_a_restarted_bridge_knows_its_keys(edge: StandInEdge, tmp_path: Path) -> None:
    answers = []
    for body in (COMMANDS[5][1], COMMANDS[5][1], COMMANDS[5][2]):
        app = build(edge, a_config(tmp_path))  # type: ignore[arg-type]
        with a_client(app) as http:
            answers.append(http.post(COMMANDS[5][0], json=body, headers=keyed()))
    assert [answer.status_code for answer in answers] == [202, 202, 422]
    assert answers[0].json() == answers[1].json()
    assert len(edge.did("cancel")) == 1


def test_the_consent_of_a_repeat_is_the_same_though_time_goes_on(edge: StandInEdge, tmp_path: Path) -> None:
    times = iter(NOW + timedelta(minutes=n) for n in range(100))
    app = build(edge, a_config(tmp_path), lambda: next(times))  # type: ignore[arg-type]
    with a_client(app) as http:
        first, again = (http.post("/v1/consents", json=a_consent(), headers=keyed()) for _ in range(2))
    assert first.json() == again.json()
    assert len(edge.did("give_consent")) == 1


def test_many_at_once_do_it_once(http: TestClient, edge: StandInEdge) -> None:
    def post(_: int) -> int:
        return http.post("/v1/consents", json=a_consent(), headers=keyed()).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(post, range(16))) == {201}
    assert len(edge.did("give_consent")) == 1


def test_nothing_that_was_sent_is_kept(http: TestClient, tmp_path: Path) -> None:
    canary = "Canary-Quetzal-7781"
    part = {"data_class": "location", "fields": {"place": canary}}
    headers = keyed(f"key-of-{canary}")
    assert http.post(
        f"/v1/referrals/{ONE}/disclosures", json={"parts": [NO_CONTACT, part]}, headers=headers
    ).is_success
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert canary.encode() not in kept


def test_fingerprints_are_keyed_by_a_secret_outside_the_database(tmp_path: Path) -> None:
    marks = []
    for name in ("one", "two"):
        secret = local_secret.load(tmp_path / name / "bridge.secret")
        Commands(CommandBook(Database(file_url(tmp_path / name / "bridge.db"))), secret, lambda: NOW).claim(
            "a", "key", "said"
        )
        with sqlite3.connect(tmp_path / name / "bridge.db") as database:
            marks += [row[0] for row in database.execute("SELECT fingerprint FROM command")]
        database.close()
    assert len(set(marks)) == 2
    assert (tmp_path / "one" / "bridge.secret").stat().st_mode & 0o777 == 0o600
    assert local_secret.load(tmp_path / "one" / "bridge.secret") != local_secret.load(
        tmp_path / "two" / "bridge.secret"
    )


def test_old_keys_are_forgotten(tmp_path: Path) -> None:
    times = iter([NOW, NOW, NOW + REMEMBERED + timedelta(seconds=1), NOW])
    secret = local_secret.load(tmp_path / "bridge.secret")
    commands = Commands(CommandBook(Database(file_url(tmp_path / "bridge.db"))), secret, lambda: next(times))
    commands.claim("a", "key", "said")
    with pytest.raises(KeyReused):
        commands.claim("a", "key", "something else")
    commands.forget_old()
    commands.claim("a", "key", "something else")
