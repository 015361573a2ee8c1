"""An office with people who sign in: accounts with known secrets, browsers, and a clock moved by hand."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bridge_kit import BASE, NOW, StandInEdge
from fastapi import FastAPI
from fastapi.testclient import TestClient
from page_kit import Browser, Element

from ngo_bridge.app import build
from ngo_bridge.bridge import Bridge
from ngo_bridge.config import BridgeConfig
from ngo_bridge.sign_in import accounts, one_time_codes
from ngo_bridge.sign_in.desk import Desk
from ngo_bridge.sign_in.rules import Role

ASH = "invented-ash"
WRONG = "not the password"


@dataclass
class HandClock:
    """Stands until it is moved."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Person:
    """Somebody with an account. Each code is made after the last one was used up."""

    id: str
    name: str
    password: str
    codes: str
    clock: HandClock

    def code(self) -> str:
        """The code that their app shows now."""
        return one_time_codes.code_at(self.codes, self.clock.now)

    def proof(self) -> dict[str, str]:
        """Password and a code that nobody used, a moment later."""
        self.clock.now += timedelta(seconds=one_time_codes.SECONDS)
        return {"password": self.password, "code": self.code()}

    def typed(self, **otherwise: str) -> dict[str, str]:
        """What they type into the sign-in form."""
        return {"name": self.name, **self.proof()} | otherwise

    def signs_in(self, browser: Browser, **otherwise: str) -> Element:
        """Types it; from the page that the browser shows, or from a fresh one."""
        if not browser.page.all("form", action="/sign-in"):
            browser.go("/sign-in")
        return browser.press("Sign in", **self.typed(**otherwise))


@dataclass
class Office:
    """A bridge with nobody in it yet."""

    edge: StandInEdge
    config: BridgeConfig
    clock: HandClock = field(default_factory=HandClock)
    origin: str = BASE

    def __post_init__(self) -> None:
        self.app: FastAPI = build(self.edge, self.config, self.clock)  # type: ignore[arg-type]

    @contextmanager
    def open(self, origin: str = BASE) -> Iterator["Office"]:
        """While it is open its browsers reach it."""
        self.origin = origin
        with TestClient(self.app, base_url=origin):
            yield self

    @property
    def desk(self) -> Desk:
        bridge: Bridge = self.app.state.bridge
        return bridge.desk

    def somebody(self, name: str = ASH, role: Role = "caseworker") -> Person:
        """A new account."""
        made = accounts.add(self.desk, name, role, self.clock.now)
        return Person(made.account.caseworker_id, name, made.password, made.codes, self.clock)

    def browser(self, source: str = "192.0.2.1", **cookies: str) -> Browser:
        """A browser that was never here."""
        http = TestClient(self.app, base_url=self.origin, client=(source, 50000))
        for name, value in cookies.items():
            http.cookies.set(name, value, domain=str(http.base_url.host), path="/")
        return Browser(http)

    def holding(self, browser: Browser) -> Browser:
        """Another browser, with the cookies that `browser` holds now."""
        return self.browser(**{cookie.name: cookie.value or "" for cookie in browser.http.cookies.jar})

    def session_of(self, browser: Browser) -> str | None:
        """The session's cookie."""
        return browser.http.cookies.get(self.app.state.bridge.cookies.session)

    def audit(self) -> list[tuple[Any, ...]]:
        """Kind, actor and subject of each line."""
        return [(entry.kind, entry.actor, entry.about) for _, _, entry in self.desk.audit.lines()]
