"""The console as a process of its own: what it answers, how it ends, and how to await something of it."""

import json
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from warm_start import Warm


class Process:
    """A running board and what it answers."""

    def __init__(self, folder: Path, port: int, command: list[str]) -> None:
        self.log = folder / "status_board.log"
        self.address = f"http://127.0.0.1:{port}"
        with self.log.open("ab") as log:
            self.process = Warm([*command, "--settings", str(folder / "status_board.toml")], log)

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(self.address + path, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def referrals(self, show: str = "all") -> dict[str, dict[str, Any]]:
        listed = json.loads(self.get(f"/v1/referrals?show={show}")[1])["referrals"]
        return {row["referral_id"]: row for row in listed}

    def is_ready(self) -> bool:
        try:
            return self.get("/health/ready")[0] == 200
        except urllib.error.URLError:
            assert self.process.poll() is None, self.log.read_text()
            return False

    def shows(self, states: dict[str, str]) -> Callable[[], bool]:
        return lambda: {key: row["state"] for key, row in self.referrals().items()} == states

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


def eventually(holds: Callable[[], bool], seconds: float = 90) -> None:
    """Awaits a condition. A group forgets a killed member in its own time, on a busy machine a long one."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "did not come true in time"
        time.sleep(0.05)
