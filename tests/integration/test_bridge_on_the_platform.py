"""Two bridges as processes on the real platform: a referral by HTTP alone, told by the event stream."""

import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from bridge_kit import a_consent, keyed, some_needs
from page_kit import Browser
from real_edges import RECIPIENT, SENDER, until

from exchange_command.platform import Platform
from exchange_command.sign_in_seed import bearer
from ngo_bridge.__main__ import main
from ngo_bridge.sign_in.one_time_codes import code_at
from referral_exchange.ids import fresh

OURS, THEIRS = "ngo_bridge.lantern-outreach", "ngo_bridge.harbor-house"
PARTS = ["kafka", "registry", "consent_ledger", "referral_router", OURS, THEIRS]


@pytest.fixture(scope="module")
def exchange(platform: Platform) -> Iterator[Platform]:
    platform.up(PARTS)
    yield platform
    for name in reversed(PARTS[2:]):
        platform.stop(name)


def door(exchange: Platform, name: str) -> str:
    """The address of a bridge."""
    participants = [f"ngo_bridge.{each.id}" for each in exchange.network.with_bridges]
    return exchange.places.bridge_address(participants.index(name))


def allowed(exchange: Platform, name: str) -> dict[str, str]:
    """The header that lets a program of this machine in."""
    return bearer(exchange.places, name.partition(".")[2])


@pytest.fixture
def sender(exchange: Platform) -> Iterator[httpx.Client]:
    headers = allowed(exchange, OURS)
    with httpx.Client(base_url=door(exchange, OURS), timeout=30, headers=headers) as client:
        yield client


@pytest.fixture
def recipient(exchange: Platform) -> Iterator[httpx.Client]:
    headers = allowed(exchange, THEIRS)
    with httpx.Client(base_url=door(exchange, THEIRS), timeout=30, headers=headers) as client:
        yield client


class Hearing:
    """Reads a bridge's stream in a thread. `clean`: the server ended it in order."""

    def __init__(self, client: httpx.Client, **headers: str) -> None:
        self.heard: list[dict[str, Any]] = []
        self.clean = False
        brought = {"authorization": client.headers["authorization"], **headers}
        arguments = (str(client.base_url), brought)
        self.thread = threading.Thread(target=self._read, args=arguments, daemon=True)
        self.thread.start()

    def _read(self, base: str, headers: dict[str, str]) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with httpx.stream("GET", f"{base}/v1/events", headers=named, timeout=60) as answer:
            for line in answer.iter_lines():
                if line.startswith("data: {"):
                    self.heard.append(json.loads(line.removeprefix("data: ")))
        self.clean = True

    def events_of(self, referral_id: str) -> list[str]:
        return [each["event"] for each in self.heard if each.get("referral_id") == referral_id]


def say(client: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(path, json=body, headers=keyed(fresh()))
    assert answer.is_success, answer.text
    said: dict[str, Any] = answer.json()
    return said


def state(client: httpx.Client, referral_id: str) -> Any:
    return client.get(f"/v1/referrals/{referral_id}").json().get("state")


def test_a_referral_by_http_alone_is_told_as_it_happens(
    exchange: Platform, sender: httpx.Client, recipient: httpx.Client
) -> None:
    hearing = Hearing(sender)
    moments = {name: datetime.now(UTC).isoformat() for name in ("explained_at", "signed_at")}
    consent = say(sender, "/v1/consents", a_consent(programme_from=SENDER, recipient=RECIPIENT, **moments))
    needs = {"consent_id": consent["consent_id"], "urgency": "urgent", "needs": some_needs()}
    referral = say(sender, "/v1/referrals", needs)["referral_id"]
    until(lambda: state(recipient, referral) == "received", "it arrives")
    say(recipient, f"/v1/referrals/{referral}/answers", {"answer": "declined", "reason": "no-room"})
    until(lambda: "ReferralAnswered" in hearing.events_of(referral), "the stream tells the answer")
    until(lambda: sender.get(f"/v1/referrals/{referral}").json()["reason"] == "no-room", "why it was a no")
    numbers = [each["number"] for each in hearing.heard]
    assert numbers == sorted(set(numbers))

    behind = Hearing(sender, last_event_id=str(numbers[-2]))
    until(lambda: behind.heard, "the rest comes")
    assert behind.heard[0]["number"] == numbers[-1]


def test_a_token_by_hand_opens_the_api_of_a_running_bridge(
    exchange: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = str(exchange.places.settings / f"{THEIRS}.toml")
    assert main(["tokens", "issue", "--name", "probe", "--scope", "read", "--settings", settings]) == 0
    token = capsys.readouterr().out.strip()
    with httpx.Client(base_url=door(exchange, THEIRS), timeout=30) as nobody:
        assert nobody.get("/v1/inbox").status_code == 401
        assert nobody.get("/v1/inbox", headers={"authorization": f"Bearer {token}"}).status_code == 200
    log = exchange.places.log(THEIRS).read_text(encoding="utf-8")
    # The secret may have the same mark in it as stands before it.
    assert token.split("_", 2)[2] not in log


def test_an_account_made_by_hand_signs_in_at_a_running_bridge_until_it_is_taken_away(
    exchange: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = ("--settings", str(exchange.places.settings / f"{THEIRS}.toml"))
    assert main(["caseworkers", "add", "--name", "invented-birch", *settings]) == 0
    made = json.loads(capsys.readouterr().out)
    with httpx.Client(base_url=door(exchange, THEIRS), timeout=30) as http:
        browser = Browser(http)
        assert browser.go("/").one("h1").text == "Sign in"
        typed = {"name": made["name"], "password": made["password"]}
        browser.press("Sign in", **typed, code=code_at(made["codes"], datetime.now(UTC)))
        assert browser.page.one("h1").text == "Today"
        assert main(["caseworkers", "revoke", made["caseworker_id"], *settings]) == 0
        assert browser.go("/").one("h1").text == "Sign in"
    log = exchange.places.log(THEIRS).read_text(encoding="utf-8")
    assert not any(made[told] in log for told in ("name", "password", "codes", "caseworker_id"))


def test_a_bridge_that_is_told_to_stop_ends_its_streams_in_order(
    exchange: Platform, sender: httpx.Client
) -> None:
    hearing = Hearing(sender)
    until(lambda: hearing.heard, "it hears what was before")
    stuck = socket.create_connection((sender.base_url.host, sender.base_url.port or 0))
    lines = [f"Host: {sender.base_url.netloc.decode()}", f"Authorization: {sender.headers['authorization']}"]
    stuck.sendall("\r\n".join(["GET /v1/events HTTP/1.1", *lines, "", ""]).encode())
    exchange.stop(OURS)
    hearing.thread.join(10)
    stuck.close()
    assert hearing.clean
