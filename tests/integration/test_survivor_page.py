"""The person's own page as a process on the real platform, killed in the middle, its ledger away."""

import json
import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from bridge_kit import a_consent, keyed, some_needs
from ledger_process import until as patiently
from page_kit import Browser, words_of
from real_edges import RECIPIENT, SENDER, until
from warm_start import Warm

from exchange_command import probes
from exchange_command.platform import Platform
from exchange_command.sign_in_seed import bearer
from ngo_bridge.__main__ import main
from ngo_bridge.sign_in.one_time_codes import code_at
from referral_exchange import fault_points
from referral_exchange.ids import fresh

OURS, THEIRS, PAGE = "ngo_bridge.lantern-outreach", "ngo_bridge.harbor-house", "survivor_page"
PARTS = ["kafka", "registry", "consent_ledger", "referral_router", PAGE, OURS, THEIRS]


@pytest.fixture(scope="module")
def exchange(platform: Platform) -> Iterator[Platform]:
    platform.up(PARTS)
    yield platform
    for name in reversed(PARTS[2:]):
        platform.stop(name)


@dataclass
class Case:
    """One referral between two bridges, and the person it is about."""

    exchange: Platform
    sender: httpx.Client
    recipient: httpx.Client
    caseworker: Browser
    referral_id: str = ""

    def refer(self) -> None:
        """Consent, offer, and the recipient looks at the needs."""
        now = {name: datetime.now(UTC).isoformat() for name in ("explained_at", "signed_at")}
        consent = _say(
            self.sender, "/v1/consents", a_consent(programme_from=SENDER, recipient=RECIPIENT, **now)
        )
        needs = {"consent_id": consent["consent_id"], "urgency": "urgent", "needs": some_needs()}
        self.referral_id = _say(self.sender, "/v1/referrals", needs)["referral_id"]
        until(lambda: self.seen(self.recipient).get("state") == "received", "it arrives")
        assert self.look().is_success

    def look(self) -> httpx.Response:
        return self.recipient.post(f"/v1/referrals/{self.referral_id}/openings", headers=keyed(fresh()))

    def seen(self, client: httpx.Client) -> dict[str, Any]:
        found: dict[str, Any] = client.get(f"/v1/referrals/{self.referral_id}").json()
        return found

    def code(self) -> str:
        """As the caseworker sees it on the bridge's page."""
        self.caseworker.go(f"/referrals/{self.referral_id}")
        self.caseworker.press("Make a code")
        found = re.search(r"\b\d{3} \d{3} \d{3}\b", words_of(self.caseworker.page))
        assert found, words_of(self.caseworker.page)
        return found.group()

    def person(self) -> Browser:
        """A browser at the page."""
        return Browser(httpx.Client(base_url=self.exchange.places.address(PAGE), timeout=30))

    def inside(self) -> Browser:
        browser = self.person()
        browser.go("/")
        browser.press("Go on", code=self.code())
        assert browser.answer.status_code == 200, words_of(browser.page)
        return browser

    def kinds(self) -> list[str]:
        return [step["event"] for step in self.seen(self.sender)["steps"]]


def _say(client: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(path, json=body, headers=keyed(fresh()))
    assert answer.is_success, answer.text
    said: dict[str, Any] = answer.json()
    return said


def _door(exchange: Platform, name: str) -> str:
    bridges = [f"ngo_bridge.{each.id}" for each in exchange.network.with_bridges]
    return exchange.places.bridge_address(bridges.index(name))


def _program(exchange: Platform, name: str) -> httpx.Client:
    headers = bearer(exchange.places, name.partition(".")[2])
    return httpx.Client(base_url=_door(exchange, name), timeout=30, headers=headers)


@pytest.fixture(scope="module")
def caseworker(exchange: Platform) -> Iterator[Browser]:
    settings = str(exchange.places.settings / f"{OURS}.toml")
    asked = [*("caseworkers", "add", "--name", "invented-larch"), "--settings", settings]
    with redirect_stdout(StringIO()) as told:
        assert main(asked) == 0
    made = json.loads(told.getvalue())
    with httpx.Client(base_url=_door(exchange, OURS), timeout=30) as http:
        browser = Browser(http)
        browser.go("/")
        typed = {"name": made["name"], "password": made["password"]}
        browser.press("Sign in", **typed, code=code_at(made["codes"], datetime.now(UTC)))
        yield browser


@pytest.fixture
def case(exchange: Platform, caseworker: Browser) -> Iterator[Case]:
    with _program(exchange, OURS) as sender, _program(exchange, THEIRS) as recipient:
        made = Case(exchange, sender, recipient, caseworker)
        made.refer()
        yield made


def test_from_the_code_to_the_deletion(case: Case) -> None:
    browser = case.inside()
    session = browser.page.all("input", name="session")[0]["value"]
    words = words_of(browser.page)
    for said in ("A group that gives a safe place to stay", "What is needed:", "They can open it until"):
        assert said in words
    for hidden in (RECIPIENT, SENDER, "Harbor", "Lantern", case.referral_id):
        assert hidden not in words
    browser.press("Stop this")
    assert "In force now." in words_of(browser.press("Yes, stop it now"))
    assert case.look().status_code in (403, 409)
    until(lambda: "QuestionAsked" in case.kinds(), "her caseworker is asked to look after her")
    until(lambda: case.seen(case.recipient).get("purge") == "asked", "the recipient is told")
    assert "No answer yet." in words_of(browser.press("My list"))
    answer = {"purge": "purged"}
    _say(case.recipient, f"/v1/referrals/{case.referral_id}/purge-answers", answer)
    until(lambda: "They say that they deleted it" in words_of(browser.press("My list")), "the deletion shows")
    browser.press("I am done")
    told = [*case.exchange.places.logs.glob("*.log"), *case.exchange.places.data(PAGE).rglob("*")]
    for path in (each for each in told if each.is_file()):
        assert session.encode() not in path.read_bytes(), path.name
        assert bytes.fromhex(session) not in path.read_bytes(), path.name


def test_a_code_opens_once_whoever_is_first(case: Case) -> None:
    code = case.code()
    answers = []
    for _ in range(2):
        browser = case.person()
        browser.go("/")
        browser.press("Go on", code=code)
        answers.append(browser.answer.status_code)
    assert answers == [200, 403]


def test_while_the_ledger_is_away_it_is_stored_said_honestly_and_repeated(case: Case) -> None:
    browser = case.inside()
    browser.press("Stop this")
    case.exchange.stop("consent_ledger")
    try:
        words = words_of(browser.press("Yes, stop it now"))
        assert "Not in force yet" in words
        assert "In force now." not in words
    finally:
        case.exchange.start("consent_ledger")
    until(lambda: case.look().status_code in (403, 409), "the ledger ends it by itself")
    until(lambda: "No one can open it now." in words_of(browser.press("My list")), "the list says so")


@contextmanager
def mortal(exchange: Platform, folder: Path, point: str) -> Iterator[Warm]:
    """The page as a process that dies at `point`, in place of the platform's, which is back afterwards."""
    exchange.stop(PAGE)
    settings = folder / "page.toml"
    told = (exchange.places.settings / f"{PAGE}.toml").read_text(encoding="utf-8")
    settings.write_text(f"{told}faults = true\n", encoding="utf-8")
    environment = {**os.environ, fault_points.VARIABLE: point}
    with exchange.places.log(PAGE).open("ab") as log:
        process = Warm(["-m", PAGE, "--settings", str(settings)], log, environment=environment)
    ready = f"{exchange.places.address(PAGE)}/health/ready"
    try:
        patiently("the page is ready", lambda: probes.answers_ok(ready))
        yield process
    finally:
        process.kill()
        process.wait()
        exchange.start(PAGE)


@pytest.mark.parametrize("point", ["survivor_page:stored", "survivor_page:withdrawn"])
def test_killed_between_storing_and_answering_it_is_taken_back_after_the_start(
    case: Case, tmp_path: Path, point: str
) -> None:
    with mortal(case.exchange, tmp_path, point) as process:
        browser = case.inside()
        browser.press("Stop this")
        with pytest.raises(httpx.TransportError):
            browser.press("Yes, stop it now")
        assert process.wait(60) == -signal.SIGKILL
        if point.endswith("stored"):
            assert case.look().is_success
    until(lambda: case.look().status_code in (403, 409), "it is repeated after the start")
    until(lambda: case.kinds().count("QuestionAsked") == 1, "she is asked after, once")
