"""What every route needs, in one value."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from ngo_bridge.commands import Clock, Commands
from ngo_bridge.config import BridgeConfig
from ngo_bridge.feed import ChangeFeed
from ngo_bridge.local_secret import LocalSecret
from ngo_bridge.sign_in.cookies import Cookies, cookies_of
from ngo_bridge.sign_in.desk import Desk
from ngo_bridge.token_book import TokenBook
from participant_edge.edge import Edge
from participant_edge.notices.notices import Notices


@dataclass(frozen=True, slots=True)
class Bridge:
    """One NGO's bridge, put together in `app.py`."""

    edge: Edge
    config: BridgeConfig
    commands: Commands
    secret: LocalSecret
    clock: Clock
    tokens: TokenBook
    desk: Desk
    feed: ChangeFeed
    notices: Notices | None = None
    """Who is told, and which systems are called; None where nobody is."""

    @property
    def cookies(self) -> Cookies:
        """Those that it gives to browsers."""
        return cookies_of(self.config)


def _of(request: Request) -> Bridge:
    bridge: Bridge = request.app.state.bridge
    return bridge


BridgeOf = Annotated[Bridge, Depends(_of)]
"""The bridge, as a route asks for it."""


def concerns(request: Request, referral_id: str) -> None:
    """Tells the request's trace which referral it is about; the id is random and names nobody."""
    request.state.referral_id = referral_id
