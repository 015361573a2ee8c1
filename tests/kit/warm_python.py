"""A Python that has imported a service and waits; each request forks one that runs it as `python` would.

Run as `python warm_python.py CHANNEL MODULE...`. What a service imports costs more
than all else of its start.
"""

import importlib
import json
import os
import runpy
import signal
import socket
import sys
import threading
from typing import Any

from referral_exchange.beginning import importing

_MOST = 1 << 20


class Warm:
    """Answers on the channel until it is closed. `ended`: the wait status of each child that is over."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._children: set[int] = set()
        self._ended: dict[int, int] = {}

    def serve(self) -> dict[str, Any] | None:
        """None in the waiting process, at its end; in a child what it is to be."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        # At once, so that no dead child looks like one that still holds its port.
        signal.signal(signal.SIGCHLD, lambda *_: self._reap())
        while (asked := self._next()) is not None:
            request, descriptors = asked
            if "run" in request:
                signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
                if (pid := os.fork()) == 0:
                    self._channel.close()
                    return {**request, "descriptors": descriptors}
                self._children.add(pid)
                signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
                answer: dict[str, Any] = {"pid": pid}
            else:
                answer = {"status": self._ended.get(request["ended"])}
            for descriptor in descriptors:
                os.close(descriptor)
            self._channel.sendall(json.dumps(answer).encode() + b"\n")
        for pid in self._children - self._ended.keys():
            os.kill(pid, signal.SIGKILL)
        return None

    def _next(self) -> tuple[dict[str, Any], list[int]] | None:
        told, descriptors, _, _ = socket.recv_fds(self._channel, _MOST, 2)
        while told and not told.endswith(b"\n"):
            told += self._channel.recv(_MOST)
        return (json.loads(told), descriptors) if told else None

    def _reap(self) -> None:
        for pid in self._children - self._ended.keys():
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                self._ended[pid] = status


def become(request: dict[str, Any]) -> None:
    """Makes this child what `python` with these arguments would be, and runs it."""
    for number in (signal.SIGINT, signal.SIGCHLD):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    if request["new_session"]:
        os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    output, errors = request["descriptors"]
    for ours, theirs in ((nothing, 0), (output, 1), (errors, 2)):
        os.dup2(ours, theirs)
        os.close(ours)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    if os.environ.get("PYTHONUNBUFFERED"):
        sys.stdout.reconfigure(write_through=True)  # type: ignore[union-attr]
    how, what, *rest = request["run"]
    sys.path[0] = request["folder"] if how == "-m" else ""
    sys.argv = ["-c" if how == "-c" else what, *rest]
    if how == "-m":
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})  # what `python -c` does


def main() -> None:
    """Imports, waits, and in each child runs."""
    warm = Warm(socket.socket(fileno=int(sys.argv[1])))
    with importing():
        for module in sys.argv[2:]:
            importlib.import_module(module)
    assert threading.active_count() == 1, "a thread would not live on in a child"
    if (request := warm.serve()) is not None:
        become(request)


if __name__ == "__main__":
    main()
