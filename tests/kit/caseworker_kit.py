"""A caseworker at a browser, who does the job by the pages' own forms."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from browser_kit import Visitor, a_visitor
from playwright.sync_api import Browser, Locator, Page, expect

from exchange_command.platform import Platform
from exchange_command.sign_in_accounts import let_in
from exchange_command.sign_in_secret import SignIn
from ngo_bridge.sign_in.one_time_codes import code_at

ARRIVES = 20.0
"""Seconds within which something of one bridge stands on a page of another, on a busy machine."""
_LOOKS_AGAIN_MS = 150

NEEDS: dict[str, Any] = {
    "services": ["Housing Services", "Legal Services"],
    "urgency": ["emergency"],
    "region": "South Fields",
    "age_band": ["adult"],
    "household": "2",
    "languages": ["es", "mix"],
}


@dataclass
class Caseworker:
    """Somebody at a bridge. Everything goes by names of fields and buttons, so in any language."""

    visitor: Visitor

    @property
    def page(self) -> Page:
        """What they see."""
        return self.visitor.page

    @property
    def main(self) -> Locator:
        """The main part of it."""
        return self.page.locator("main")

    def signs_in(self, secrets: SignIn) -> None:
        """From whatever page they wanted."""
        form = self.page.locator("form[action='/sign-in']")
        form.locator("[name=name]").fill(secrets.name)
        form.locator("[name=password]").fill(secrets.password)
        form.locator("[name=code]").fill(code_at(secrets.codes, datetime.now(UTC)))
        form.get_by_role("button").click()
        expect(self.page.locator("form[action='/sign-out']")).to_be_visible()

    def fills(self, **fields: str | list[str]) -> None:
        """Types into an input, chooses of a list, or ticks where a list of values is given."""
        for name, value in fields.items():
            if isinstance(value, list):
                for each in value:
                    self._tick(f"[name='{name}'][value='{each}']")
            elif self.page.locator(f"main select[name='{name}']").count():
                self.page.locator(f"main select[name='{name}']").select_option(value)
            else:
                self.page.locator(f"main input[type=text][name='{name}']").fill(value)

    def presses(self, name: str, value: str) -> None:
        """The button of this name and value, then waits for the page that follows."""
        with self.page.expect_navigation():
            self.page.locator(f"main button[name='{name}'][value='{value}']").first.click()

    def sends(self, action: str) -> None:
        """The only button of the form with this action."""
        with self.page.expect_navigation():
            self.page.locator(f"main form[action='{action}'] button").last.click()

    def offers(self, sender: str, recipient: str) -> str:
        """Asks `recipient` on behalf of `sender`, under a signed yes. Answers with the referral's path."""
        self.visitor.go("/offer")
        self.presses("go", "needs")
        self.fills(**NEEDS, programme_from=sender)
        self.presses("go", "who")
        self.fills(to=[recipient])
        self.presses("go", "agree")
        later = ["safe-contact", "identity"]
        self.fills(**{f"later.{recipient}": later, f"yes.{recipient}": ["yes"]})
        self.fills(explained_in="es", signer="self", told=["yes"], signed=["yes"])
        self.presses("go", "look")
        self.presses("go", "send")
        found = re.search(r"/referrals/[0-9a-f-]{36}", self.page.url)
        assert found, self.main.inner_text()
        return found.group()

    def sees(self, path: str, there: Callable[[Page], Locator]) -> None:
        """Opens `path` anew until what `there` finds stands on it; for who has no script."""
        deadline = time.monotonic() + ARRIVES
        while not there(self.visitor.go(path)).count():
            assert time.monotonic() < deadline, f"not on {path}: {self.main.inner_text()}"
            # The machine is busy with what is awaited.
            self.page.wait_for_timeout(_LOOKS_AGAIN_MS)

    def _tick(self, selector: str) -> None:
        box = self.page.locator(f"main {selector}")
        closed = self.page.locator("main details:not([open])").filter(has=box)
        for summary in closed.locator("> summary").all():
            summary.click()
        box.check()


def account(platform: Platform, participant: str, name: str) -> SignIn:
    """The secrets of a new account at the bridge of `participant`; nobody is called so."""
    return let_in(platform.places.settings / f"ngo_bridge.{participant}.toml", name, "invented-program")


def address(platform: Platform, participant: str) -> str:
    """Of the bridge of `participant`."""
    index = [each.id for each in platform.network.with_bridges].index(participant)
    return f"http://127.0.0.1:{platform.places.bridge_port(index)}"


@contextmanager
def a_caseworker(browser: Browser, origin: str, secrets: SignIn, **options: Any) -> Iterator[Caseworker]:
    """Somebody who has signed in by the page."""
    with a_visitor(browser, origin, **options) as visitor:
        caseworker = Caseworker(visitor)
        visitor.go("/")
        caseworker.signs_in(secrets)
        yield caseworker
