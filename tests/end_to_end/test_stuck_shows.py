"""A recipient's process is killed: the console shows what is stuck, why, and that it moves again."""

import re
import signal
import time
from collections.abc import Iterator

import httpx
import pytest

from exchange_command.demo.ngo import Ngo
from exchange_command.demo.stories import Story, load_stories
from exchange_command.demo.waiting import until
from exchange_command.platform import Platform
from exchange_command.python_services import BRIDGE
from exchange_command.sign_in_seed import bearer

SENDER, RECIPIENT, PROGRAMME = "lantern-outreach", "harbor-house", "harbor-shelter"
SHOWS_S = 5.0
MOVES_S = 60.0


@pytest.fixture(scope="module")
def sender(whole_platform: Platform) -> Iterator[Ngo]:
    index = [each.id for each in whole_platform.network.with_bridges].index(SENDER)
    address, allowed = whole_platform.places.bridge_address(index), bearer(whole_platform.places, SENDER)
    with httpx.Client(base_url=address, timeout=30, headers=allowed, trust_env=False) as http:
        yield Ngo(SENDER, http)


@pytest.fixture(scope="module")
def console(whole_platform: Platform) -> Iterator[httpx.Client]:
    address = whole_platform.places.address("status_board")
    with httpx.Client(base_url=address, timeout=30, trust_env=False) as http:
        yield http


@pytest.fixture
def killed(whole_platform: Platform) -> Iterator[None]:
    whole_platform.stop(f"{BRIDGE}.{RECIPIENT}", signal.SIGKILL)
    yield
    whole_platform.start(f"{BRIDGE}.{RECIPIENT}")


def a_story() -> Story:
    return next(each for each in load_stories().values() if not each.minor)


def offered(sender: Ngo) -> str:
    story = a_story()
    consent = sender.consent(story, PROGRAMME)
    return str(sender.offer(story, consent["consent_id"])["referral_id"])


def card(console: httpx.Client, referral_id: str) -> str:
    """The text of the card that names the referral; empty where no card does."""
    page = console.get("/").raise_for_status().text
    cards = re.findall(r'<section class="card.*?</section>', page, re.DOTALL)
    found = next((each for each in cards if referral_id in each), "")
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found))


def test_what_a_killed_recipient_holds_up_shows_with_its_cause_and_clears(
    whole_platform: Platform, sender: Ngo, console: httpx.Client, killed: None
) -> None:
    referral_id = offered(sender)
    begun = time.monotonic()
    cause = f"process {BRIDGE}.{RECIPIENT} does not work"

    def with_its_cause() -> str | None:
        """The referral may be there before the console has looked at the process again."""
        shown = card(console, referral_id)
        return shown if cause in shown else None

    shown = until(with_its_cause, SHOWS_S, "the referral on the console, with its cause")
    assert time.monotonic() - begun <= SHOWS_S
    assert f"has not reached {RECIPIENT}" in shown or f"have not reached {RECIPIENT}" in shown
    assert "recipient-away" in shown
    down = f'referral_exchange_process_ready{{process="{BRIDGE}.{RECIPIENT}"}} 0.0'
    until(lambda: down in console.get("/metrics").text or None, MOVES_S, "the process as down in the metrics")
    whole_platform.start(f"{BRIDGE}.{RECIPIENT}")
    until(lambda: True if not card(console, referral_id) else None, MOVES_S, "the console without it")
    steps = console.get(f"/v1/referrals/{referral_id}").json()["steps"]
    assert [each["state"] for each in steps][-1] == "received"
    journey = console.get(f"/journeys/{referral_id}").raise_for_status().text
    assert all(each["trace_url"] in journey for each in steps if each["trace_id"])
