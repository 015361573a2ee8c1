"""A bridge on a real socket, and clients of its event stream that read, or do not."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bridge_kit import NOW, StandInEdge, a_bearer, a_config

from ngo_bridge.app import build
from ngo_bridge.bridge import Bridge
from ngo_bridge.feed import Streaming
from ngo_bridge.server import BridgeServer, server

QUICK = Streaming(heartbeat_s=30, write_s=0.5, recheck_s=30, most=8)


def eventually(holds: Callable[[], Any], within_s: float = 10.0) -> None:
    """Returns once `holds()` does. Fails where it does not in time."""
    ends = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < ends, "it never came true"
        time.sleep(0.01)


@dataclass
class Served:
    """A bridge that listens."""

    server: BridgeServer
    port: int
    thread: threading.Thread

    @property
    def bridge(self) -> Bridge:
        bridge: Bridge = self.server.config.app.state.bridge  # type: ignore[union-attr]
        return bridge

    @cached_property
    def bearer(self) -> dict[str, str]:
        """The header of a token that works."""
        return a_bearer(self.server.config.app)  # type: ignore[arg-type]

    @property
    def connections(self) -> int:
        return len(self.server.server_state.connections)

    def stop(self) -> float:
        """Stops it; how long that took, in seconds."""
        start = time.monotonic()
        self.server.should_exit = True
        self.thread.join(20)
        assert not self.thread.is_alive()
        return time.monotonic() - start


@contextmanager
def serving(edge: StandInEdge, folder: Path, streaming: Streaming = QUICK) -> Iterator[Served]:
    """A bridge around `edge` on a port of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = a_config(folder, port=port, origins=(f"http://127.0.0.1:{port}",))
    app = build(edge, config, lambda: NOW, streaming=streaming)  # type: ignore[arg-type]
    made = server(app, "127.0.0.1", port)
    thread = threading.Thread(target=made.run, daemon=True)
    thread.start()
    served = Served(made, port, thread)
    eventually(lambda: made.started)
    try:
        yield served
    finally:
        served.stop()


@dataclass
class Listener:
    """A client over a bare socket. It reads only when it is told to."""

    socket: socket.socket
    got: bytes = b""

    def read(self, within_s: float = 5.0) -> bool:
        """Reads what is there; False at the end of the connection."""
        self.socket.settimeout(within_s)
        try:
            piece = self.socket.recv(65536)
        except ConnectionResetError:
            return False
        self.got += piece
        return bool(piece)

    def until(self, enough: Callable[[], bool], within_s: float = 10.0) -> None:
        """Reads on until `enough()`."""
        ends = time.monotonic() + within_s
        while not enough():
            assert time.monotonic() < ends, self.got[-500:]
            assert self.read(), "the connection ended"

    def until_end(self) -> None:
        """Reads until the server ends the answer or the connection."""
        while not self.got.endswith(b"0\r\n\r\n") and self.read():
            continue

    @property
    def body(self) -> str:
        """What was sent, without HTTP's own lines."""
        head, whole, rest = self.got.partition(b"\r\n\r\n")
        assert not whole or b"chunked" in head, self.got
        body = b""
        while True:
            size, found, after = rest.partition(b"\r\n")
            if not found or len(after) < int(size, 16):
                return body.decode()
            body, rest = body + after[: int(size, 16)], after[int(size, 16) + 2 :]

    @property
    def events(self) -> list[dict[str, str]]:
        """Whole events, with `comment` among the fields."""
        blocks = [block for block in self.body.split("\n\n")[:-1] if block]
        return [_fields(block) for block in blocks]

    @property
    def numbers(self) -> list[int]:
        """Ids of the changes, as they came."""
        return [int(event["id"]) for event in self.events if event.get("event") == "change"]

    @property
    def data(self) -> list[Any]:
        """Data of the changes."""
        return [json.loads(event["data"]) for event in self.events if event.get("event") == "change"]


def _fields(block: str) -> dict[str, str]:
    pairs = [line.partition(":") for line in block.split("\n")]
    return {name or "comment": value.removeprefix(" ") for name, _, value in pairs}


@contextmanager
def listening(served: Served, path: str = "/v1/events", **headers: str) -> Iterator[Listener]:
    """A client that has asked for the stream, with a token that works unless it brings another."""
    # A small window, so that a client that does not read is soon full.
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", served.port))
        lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{served.port}"]
        sent = {"authorization": served.bearer["Authorization"]} | headers
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in sent.items()]
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        yield Listener(connection)
