"""A bridge around a stand-in edge that real browsers reach, on a port of its own."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from bridge_kit import NOW, StandInEdge, a_config
from browser_kit import Visitor
from fastapi import FastAPI

from ngo_bridge.app import build
from ngo_bridge.bridge import Bridge
from ngo_bridge.sign_in import accounts

_STARTS = 30.0


@dataclass
class LiveBridge:
    """It stands on a clock that stands still."""

    edge: StandInEdge
    app: FastAPI
    origin: str

    def let_in(self, visitor: Visitor) -> None:
        """Gives the visitor's browser a session, as if somebody had signed in."""
        bridge: Bridge = self.app.state.bridge
        account = accounts.add(bridge.desk, "invented-ash", "caseworker", NOW).account
        session = bridge.desk.sessions.begin(account.caseworker_id, NOW)
        visitor.context.add_cookies([{"name": bridge.cookies.session, "value": session, "url": self.origin}])


@contextmanager
def serving(app: FastAPI, port: int) -> Iterator[str]:
    """The address at which browsers reach `app` meanwhile."""
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, server_header=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + _STARTS
        while not server.started:
            assert thread.is_alive(), "it did not start"
            assert time.monotonic() < deadline, "it did not start in time"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def a_live_bridge(edge: StandInEdge, folder: Path, port: int) -> Iterator[LiveBridge]:
    """While it is open a browser reaches it."""
    config = a_config(folder, port=port, origins=(f"http://127.0.0.1:{port}",))
    app = build(edge, config, lambda: NOW)  # type: ignore[arg-type]
    with serving(app, port) as origin:
        yield LiveBridge(edge, app, origin)
