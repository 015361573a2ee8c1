"""Webhooks: added, listed, rotated, removed through the API; called, signed, with what a stream tells."""

import json
import queue
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from bridge_kit import StandInEdge, a_client, a_config, a_view, an_id, keyed, some_notices
from fastapi.testclient import TestClient
from standardwebhooks import Webhook, WebhookVerificationError

from ngo_bridge.app import build

HOOK = {"url": "https://records.example.org/referrals", "kinds": ["ReferralAnswered"]}


@pytest.fixture
def calls() -> Iterator[tuple[str, "queue.Queue[tuple[dict[str, str], bytes]]"]]:
    """A receiver on this machine: its address, and what it got."""
    got: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            got.put(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/changes", got
    server.shutdown()
    server.server_close()


@pytest.fixture
def http(edge: StandInEdge, tmp_path: Path) -> Iterator[TestClient]:
    app = build(edge, a_config(tmp_path), notices=some_notices(edge, tmp_path))  # type: ignore[arg-type]
    with a_client(app) as client:
        yield client


def added(http: TestClient, key: str = "k", **changes: Any) -> dict[str, Any]:
    answer = http.post("/v1/webhooks", json=HOOK | changes, headers=keyed(key))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rsplit("/")[-1]


def test_a_webhook_is_listed_without_its_secret(http: TestClient) -> None:
    made = added(http)
    assert made["secret"].startswith("whsec_")
    (listed,) = http.get("/v1/webhooks").json()["items"]
    assert (listed["webhook_id"], listed["url"], listed["kinds"]) == (
        made["webhook_id"],
        HOOK["url"],
        HOOK["kinds"],
    )
    assert listed["state"] == "works"
    assert made["secret"] not in json.dumps(listed)


def test_its_secret_is_shown_once_and_kept_under_a_key(http: TestClient, tmp_path: Path) -> None:
    made = added(http)
    answer = http.post("/v1/webhooks", json=HOOK, headers=keyed("k"))
    assert code_of(answer) == (409, "shown-once")
    assert len(http.get("/v1/webhooks").json()["items"]) == 1
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert made["webhook_id"].encode() in kept
    assert made["secret"].removeprefix("whsec_").encode() not in kept


def test_it_can_be_rotated_resumed_and_removed(http: TestClient) -> None:
    made = added(http)
    path = f"/v1/webhooks/{made['webhook_id']}"
    assert http.put(f"{path}/secret").json()["secret"] != made["secret"]
    assert http.put(f"{path}/resumption").status_code == 204
    assert http.delete(path).status_code == 204
    for method, door in (("DELETE", path), ("PUT", f"{path}/secret"), ("PUT", f"{path}/resumption")):
        assert code_of(http.request(method, door)) == (404, "unknown")
    assert http.get("/v1/webhooks").json()["items"] == []


def test_what_changes_is_called_out_signed_and_says_no_more_than_the_stream(
    http: TestClient, edge: StandInEdge, calls: tuple[str, "queue.Queue[tuple[dict[str, str], bytes]]"]
) -> None:
    url, got = calls
    edge.show(a_view())
    made = added(http, url=url)
    edge.learn(kind="ServiceStatusChanged")
    (change,) = edge.learn(kind="ReferralAnswered", what="accepted")
    headers, body = got.get(timeout=10)
    verified = Webhook(made["secret"]).verify(body, headers)
    assert verified["type"]
    text = body.decode()
    assert change.event_id in text
    assert an_id("a referral") in text
    assert an_id("change 1") not in text, "a kind it did not ask for"
    with pytest.raises(WebhookVerificationError):
        Webhook(made["secret"]).verify(body.replace(b"accepted", b"declined"), headers)


@pytest.mark.parametrize(
    "url",
    [
        "http://records.example.org/referrals",
        "ftp://records.example.org/x",
        "https:///x",
        "https://user:password@records.example.org/",
        "javascript:alert(1)",
        "https://records.example.org/#fragment",
        "records.example.org",
    ],
)
def test_an_address_that_cannot_be_called_is_refused(edge: StandInEdge, tmp_path: Path, url: str) -> None:
    quiet = some_notices(edge, tmp_path, allow_private=False)
    app = build(edge, a_config(tmp_path), notices=quiet)  # type: ignore[arg-type]
    with a_client(app) as http:
        for _ in range(2):
            answer = http.post("/v1/webhooks", json={"url": url}, headers=keyed())
            assert code_of(answer) == (422, "webhook-refused")
            assert url not in answer.text
        assert http.get("/v1/webhooks").json()["items"] == []


def test_there_are_so_many_and_no_more(http: TestClient) -> None:
    for n in range(20):
        added(http, key=str(n))
    answer = http.post("/v1/webhooks", json=HOOK, headers=keyed("one more"[:3]))
    assert code_of(answer) == (422, "webhook-refused")
    assert "remove one first" in answer.json()["detail"]


@pytest.mark.parametrize(
    "changes",
    [
        {"kinds": ["x"]},
        {"kinds": ["ReferralAnswered"] * 2},
        {"kinds": "ReferralAnswered"},
        {"url": "https://records.example.org/" + "x" * 500},
        {"secret": "whsec_mine"},
    ],
)
def test_a_webhook_that_cannot_be_is_refused(http: TestClient, changes: dict[str, Any]) -> None:
    assert code_of(http.post("/v1/webhooks", json=HOOK | changes, headers=keyed())) == (422, "invalid")


def test_a_bridge_without_notices_says_so(edge: StandInEdge, tmp_path: Path) -> None:
    with a_client(build(edge, a_config(tmp_path))) as http:  # type: ignore[arg-type]
        assert code_of(http.get("/v1/webhooks")) == (503, "unavailable")
