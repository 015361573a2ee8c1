"""Tokens: what is kept of them, what they open, how they end; and that nobody can call without one."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bridge_kit import (
    NOW,
    OURS,
    StandInEdge,
    a_client,
    a_config,
    a_consent,
    a_view,
    an_id,
    keyed,
    received,
)
from fastapi.testclient import TestClient

from ngo_bridge import rules, tokens
from ngo_bridge.api import document
from ngo_bridge.app import build
from ngo_bridge.failure_limit import FailureLimit
from ngo_bridge.tokens import SCOPES

HERE = ("127.0.0.1", 50000)
NONE = {"authorization": ""}
"""In place of the token that the client brings by itself."""
ONE = an_id("a referral")


class Clock:
    """Stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> Any:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def http(edge: StandInEdge, tmp_path: Path, clock: Clock) -> Iterator[TestClient]:
    app = build(edge, a_config(tmp_path), clock)  # type: ignore[arg-type]
    with a_client(app, client=HERE) as client:
        yield client


def issued(http: TestClient, *scopes: str, key: str = "a key", **more: Any) -> dict[str, Any]:
    """A token, issued with the administrator's where one is asked for."""
    body = {"name": "case-records", "scopes": list(scopes), **more}
    answer = http.post("/v1/tokens", json=body, headers=keyed(key.replace(" ", "-")))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def bearer(made: dict[str, Any]) -> dict[str, str]:
    return {"authorization": f"Bearer {made['token']}"}


def the_one(http: TestClient, made: dict[str, Any]) -> dict[str, Any]:
    """`made` as it is listed for itself."""
    items = http.get("/v1/tokens", headers=bearer(made)).json()["items"]
    (listed,) = [each for each in items if each["token_id"] == made["token_id"]]
    assert isinstance(listed, dict)
    return listed


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rsplit("/")[-1]


def test_nobody_calls_without_a_token(http: TestClient) -> None:
    assert code_of(http.get("/v1/inbox", headers=NONE)) == (401, "token-missing")
    assert http.get("/v1/inbox", headers=NONE).headers["www-authenticate"] == "Bearer"
    assert code_of(http.post("/v1/tokens", json={}, headers=keyed() | NONE)) == (401, "token-missing")
    made = issued(http, "read")
    assert http.get("/v1/inbox", headers=bearer(made)).status_code == 200
    assert http.get("/health/ready", headers=NONE).status_code == 200


def test_a_session_of_a_person_opens_nothing_to_a_program(http: TestClient) -> None:
    assert http.get("/").status_code == 200
    assert code_of(http.get("/v1/inbox", headers=NONE)) == (401, "token-missing")


def test_revoking_the_last_token_opens_nothing(http: TestClient) -> None:
    made = issued(http, "admin")
    answer = http.delete(f"/v1/tokens/{made['token_id']}", headers=bearer(made))
    assert answer.status_code == 200
    assert answer.json()["revoked_at"]
    assert code_of(http.get("/v1/inbox", headers=bearer(made))) == (401, "token-wrong")
    assert code_of(http.get("/v1/inbox", headers=NONE)) == (401, "token-missing")


@pytest.mark.parametrize("spoilt", ["shape", "secret", "id", "scheme", "empty", "two"])
def test_what_is_not_quite_a_token_opens_nothing(http: TestClient, spoilt: str) -> None:
    made = issued(http, "read")
    head, code, secret = made["token"].split("_", 2)
    other = "A" if secret[0] != "A" else "B"
    wrong = {
        "shape": "Bearer nothing",
        "secret": f"Bearer {head}_{code}_{other}{secret[1:]}",
        "id": f"Bearer {head}_{'0' * 32}_{secret}",
        "scheme": f"Basic {made['token']}",
        "empty": "Bearer ",
    }
    sent = (
        [("authorization", wrong[spoilt])]
        if spoilt != "two"
        else [("authorization", f"Bearer {made['token']}")] * 2
    )
    del http.headers["authorization"]
    assert http.get("/v1/inbox", headers=sent).status_code == 401


def test_a_token_ends_by_itself(http: TestClient, clock: Clock) -> None:
    made = issued(http, "read", days=7)
    clock.now += timedelta(days=7) - timedelta(seconds=1)
    assert http.get("/v1/inbox", headers=bearer(made)).status_code == 200
    clock.now += timedelta(seconds=1)
    assert code_of(http.get("/v1/inbox", headers=bearer(made))) == (401, "token-wrong")


CALLS: dict[str, tuple[str, str, dict[str, Any] | None]] = {
    "read": ("GET", "/v1/inbox", None),
    "write": ("POST", "/v1/consents", a_consent()),
    "open": ("POST", f"/v1/referrals/{ONE}/openings", {}),
    "withdraw": ("POST", "/v1/withdrawals", {"referral_id": an_id("mine")}),
    "admin": ("GET", "/v1/tokens", None),
}


@pytest.mark.parametrize("held", SCOPES)
def test_each_scope_opens_its_own_door_and_no_other(http: TestClient, edge: StandInEdge, held: str) -> None:
    edge.show(received(), a_view("mine"))
    made = issued(http, held)
    for needed, (method, path, body) in CALLS.items():
        answer = http.request(method, path, json=body, headers=keyed() | bearer(made))
        if needed == held:
            assert answer.is_success, answer.text
        else:
            assert code_of(answer) == (403, "scope-missing")
            assert f"`{needed}`" in answer.json()["detail"]
            assert f'scope="{needed}"' in answer.headers["www-authenticate"]


def test_the_description_names_the_scope_that_each_call_needs() -> None:
    described = document.committed()
    for path, item in described["paths"].items():
        for method, operation in item.items():
            needed = rules.scope_needed(method.upper(), path)
            assert operation["security"] == [{"token": [needed]}]
            assert {"401", "403", "429"} <= set(operation["responses"])
    assert rules.scope_needed("DELETE", "/v1/something-new") == "write"
    assert set(CALLS) == set(SCOPES)


def test_nothing_is_read_for_a_caller_without_a_token(http: TestClient, edge: StandInEdge) -> None:
    issued(http, "read")
    big = b"x" * (MAX := 200_000)
    assert len(big) == MAX
    answer = http.post("/v1/consents", content=big, headers={"content-type": "application/json"} | NONE)
    assert code_of(answer) == (401, "token-missing")
    assert http.get("/v1/nothing-here", headers=NONE).status_code == 401
    assert edge.told == []


def test_a_token_is_shown_once(http: TestClient) -> None:
    made = issued(http, "admin")
    body = {"name": "case-records", "scopes": ["admin"]}
    again = http.post("/v1/tokens", json=body, headers=keyed("a-key") | bearer(made))
    assert code_of(again) == (409, "shown-once")
    listed = the_one(http, made)
    assert listed["token_id"] == made["token_id"]
    assert "token" not in listed
    assert listed["last_used_on"] == "2031-05-04"


def test_neither_token_nor_secret_is_kept_or_logged(
    http: TestClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    made = issued(http, "read")
    secret = made["token"].split("_", 2)[2]
    http.get("/v1/inbox", headers=bearer(made))
    http.get("/v1/inbox", headers={"authorization": f"Bearer {made['token']}x"})
    http.get("/v1/referrals/none", headers=bearer(made))
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    raw = tokens.read(made["token"])
    assert raw is not None
    assert secret.encode() not in kept
    assert raw.raw not in kept
    assert raw.digest in kept, "the search finds what is there"
    assert secret not in caplog.text
    assert secret not in repr(raw)
    assert "does not work" in caplog.text


def test_the_day_of_last_use_is_all_that_is_noted(http: TestClient, clock: Clock, tmp_path: Path) -> None:
    made = issued(http, "admin")
    http.get("/v1/inbox", headers=bearer(made))
    clock.now += timedelta(days=1, hours=1)
    listed = the_one(http, made)
    assert listed["last_used_on"] == "2031-05-05"


def test_guesses_are_slowed_and_a_token_that_works_is_not(http: TestClient) -> None:
    made = issued(http, "read")
    wrong = {"authorization": f"Bearer nb_{'0' * 32}_{'A' * 43}"}
    answers = [http.get("/v1/inbox", headers=wrong) for _ in range(22)]
    assert [a.status_code for a in answers] == [401] * 20 + [429] * 2
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 61
    assert http.get("/v1/inbox", headers=bearer(made)).status_code == 200


def test_failures_are_forgotten_and_their_count_is_bounded() -> None:
    now = [0.0]
    limit = FailureLimit(lambda: now[0], most=2, within_s=60)
    assert [limit.failed("one") for _ in range(3)][:2] == [0, 0]
    assert limit.failed("one") > 0
    assert limit.failed("another") == 0
    now[0] = 61
    assert limit.failed("one") == 0
    for n in range(5000):
        limit.failed(f"caller {n}")
    assert len(limit._failures) <= 1024


def test_a_database_that_is_silent_lets_nobody_in(http: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    made = issued(http, "read")

    def silent(*_: Any) -> None:
        from ngo_bridge.database import StoreUnavailable

        raise StoreUnavailable

    bridge = http.app.state.bridge  # type: ignore[attr-defined]
    monkeypatch.setattr(type(bridge.tokens), "find", silent)
    answer = http.get("/v1/inbox", headers=bearer(made))
    assert answer.status_code == 503
    assert answer.headers["retry-after"]


@pytest.mark.parametrize(
    "body",
    [
        {"name": "Case Records", "scopes": ["read"]},
        {"name": "case-records", "scopes": []},
        {"name": "case-records", "scopes": ["everything"]},
        {"name": "case-records", "scopes": ["read", "read"]},
        {"name": "case-records", "scopes": ["read"], "days": 0},
        {"name": "case-records", "scopes": ["read"], "days": 10**9},
        {"scopes": ["read"]},
    ],
)
def test_a_token_that_cannot_be_is_refused(http: TestClient, body: dict[str, Any]) -> None:
    assert code_of(http.post("/v1/tokens", json=body, headers=keyed())) == (422, "invalid")
    assert len(http.get("/v1/tokens").json()["items"]) == 1


def test_a_token_that_is_not_there_is_unknown(http: TestClient) -> None:
    assert code_of(http.delete(f"/v1/tokens/{an_id('none')}")) == (404, "unknown")
    assert OURS
