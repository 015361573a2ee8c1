"""Starts services as processes of their own, each forked off one that has already imported what it needs."""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

from exchange_command import process_control

_WARM = Path(__file__).with_name("warm_python.py")
_LOOKS = 0.01

WORTH_IT = {
    "consent_ledger": ("consent_ledger.app", "consent_ledger.offline"),
    "ngo_bridge": ("ngo_bridge.app", "ngo_bridge.server", "participant_edge.notices.assembly"),
    "participant_edge.kit": ("participant_edge.kit.runner", "fhir_health.connector"),
    "referral_router": ("referral_router.app",),
    "service_directory": ("service_directory.app",),
    "status_board": ("status_board.app",),
    "survivor_page": ("survivor_page.app",),
}
"""Packages that tests start many times, and what is imported for all of them at once."""


class _Source:
    """One waiting process, for the modules that it imported."""

    def __init__(self, modules: tuple[str, ...]) -> None:
        self._lock = threading.Lock()
        self._channel, theirs = socket.socketpair()
        command = [sys.executable, str(_WARM), str(theirs.fileno()), *modules]
        # Its environment stays empty: a child shows its parent's to who looks from outside, and none is none.
        self._process = subprocess.Popen(
            command, pass_fds=[theirs.fileno()], env={}, stdin=subprocess.DEVNULL, start_new_session=True
        )
        theirs.close()
        self._answers = self._channel.makefile("rb")
        atexit.register(self._close)

    def ask(self, request: Mapping[str, object], descriptors: Sequence[int] = ()) -> int | None:
        told = json.dumps(request).encode() + b"\n"
        with self._lock:
            sent = socket.send_fds(self._channel, [told], list(descriptors))
            self._channel.sendall(told[sent:])
            answer = self._answers.readline()
        assert answer, "the warm process is gone; what it wrote stands above"
        (value,) = json.loads(answer).values()
        return None if value is None else int(value)

    def _close(self) -> None:
        self._answers.close()
        self._channel.close()
        self._process.wait(10)


_sources: dict[tuple[str, ...], _Source] = {}
_making = threading.Lock()


def _source(modules: tuple[str, ...]) -> _Source:
    with _making:
        if modules not in _sources:
            _sources[modules] = _Source(modules)
        return _sources[modules]


class Warm:
    """What `subprocess.Popen` is to `python ARGUMENTS`: a real process with a real end."""

    def __init__(
        self,
        arguments: Sequence[str],
        output: IO[bytes],
        errors: IO[bytes] | None = None,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        new_session: bool = False,
    ) -> None:
        """`arguments`: `-m PACKAGE` and the rest; `-c CODE` is run in what has imported the board."""
        self._source = _source(WORTH_IT["status_board" if arguments[0] == "-c" else arguments[1]])
        request = {
            "run": list(arguments),
            "environment": dict(os.environ if environment is None else environment),
            "folder": str(folder or Path.cwd()),
            "new_session": new_session,
        }
        pid = self._source.ask(request, [output.fileno(), (errors or output).fileno()])
        assert pid is not None
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            status = self._source.ask({"ended": self.pid})
            self.returncode = None if status is None else os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
            time.sleep(_LOOKS)
        return code

    def send_signal(self, number: int) -> None:
        # Who has ended keeps no number: another may have it by now.
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


class _Forking:
    """What `process_control` uses of `subprocess`, with our services forked and all else as ever."""

    DEVNULL, STDOUT = subprocess.DEVNULL, subprocess.STDOUT

    @staticmethod
    def Popen(command: Sequence[str], **how: Any) -> "subprocess.Popen[bytes] | Warm":
        if tuple(command[:2]) != (sys.executable, "-m") or command[2] not in WORTH_IT:
            return subprocess.Popen(command, **how)
        return Warm(
            command[1:],
            how["stdout"],
            environment=how["env"],
            folder=how["cwd"],
            new_session=how["start_new_session"],
        )


@contextmanager
def warm_services() -> Iterator[None]:
    """Meanwhile a platform of this process forks the services that it starts."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(process_control, "subprocess", _Forking)
        yield
