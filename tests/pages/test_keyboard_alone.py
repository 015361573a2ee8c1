"""The way to an offer by keyboard alone: each stop can be seen, nothing traps, a mistake is a key away."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bridge_kit import OURS, THEIRS, StandInEdge
from browser_kit import Visitor, a_visitor
from keyboard_kit import Keyboard
from live_bridge import LiveBridge, a_live_bridge
from playwright.sync_api import Browser, expect


@pytest.fixture
def bridge(tmp_path: Path, new_port_base: Callable[[], int]) -> Iterator[LiveBridge]:
    with a_live_bridge(StandInEdge(), tmp_path, new_port_base()) as made:
        yield made


@pytest.fixture
def visitor(chromium: Browser, bridge: LiveBridge) -> Iterator[Visitor]:
    with a_visitor(chromium, bridge.origin) as somebody:
        bridge.let_in(somebody)
        yield somebody


@pytest.fixture
def keyboard(visitor: Visitor) -> Keyboard:
    visitor.go("/offer")
    return Keyboard(visitor.page)


def to_needs(keyboard: Keyboard) -> None:
    keyboard.press("main button[name=go][value=needs]")


def test_the_first_stop_leads_past_the_menu(keyboard: Keyboard) -> None:
    assert keyboard.tab(".skip")["there"]
    keyboard.page.keyboard.press("Enter")
    expect(keyboard.page.locator("main")).to_be_focused()
    assert keyboard.tab("main *")["there"]


def test_an_offer_goes_out_by_keyboard_alone(keyboard: Keyboard, bridge: LiveBridge) -> None:
    to_needs(keyboard)
    keyboard.tick("services", "Housing Services")
    keyboard.tick("urgency")
    keyboard.choose("region", "South")
    keyboard.tick("age_band")
    keyboard.write("household", "2")
    keyboard.tick("languages", "es")
    keyboard.choose("programme_from", "Lantern case")
    keyboard.press("main button[name=go][value=who]")
    keyboard.tick("to", THEIRS)
    keyboard.press("main button[name=go][value=agree]")
    keyboard.tick(f"later.{THEIRS}", "safe-contact")
    keyboard.tick(f"yes.{THEIRS}")
    keyboard.choose("explained_in", "S")
    keyboard.choose("signer", "The")
    keyboard.tick("told")
    keyboard.tick("signed")
    keyboard.press("main button[name=go][value=look]")
    keyboard.press("main button[name=go][value=send]")
    assert "/referrals/" in keyboard.page.url, keyboard.page.locator("main").inner_text()
    (consent,) = bridge.edge.did("give_consent")
    assert (consent.programme_from, consent.recipient) == (OURS, THEIRS)
    assert consent.data_classes == ("needs", "safe-contact")
    assert len(bridge.edge.did("offer")) == 1
    assert keyboard.unseen == set()


def test_what_is_missing_is_one_key_away(keyboard: Keyboard) -> None:
    to_needs(keyboard)
    keyboard.press("main button[name=go][value=who]")
    keyboard.reach("#faults a")
    wanted = keyboard.page.evaluate("document.activeElement.getAttribute('href').slice(1)")
    keyboard.page.keyboard.press("Enter")
    expect(keyboard.page.locator(f"[id='{wanted}']")).to_be_focused()


def test_a_stop_that_cannot_be_seen_is_noticed(keyboard: Keyboard) -> None:
    keyboard.page.evaluate("document.querySelector('nav a').style.outline = 'none'")
    keyboard.reach("nav a")
    assert keyboard.unseen
