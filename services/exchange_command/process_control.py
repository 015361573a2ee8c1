"""Starts processes detached, waits until they work, and stops those that were started here."""

import os
import secrets
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from exchange_command import probes, process_records
from exchange_command.places import Places
from exchange_command.problem import Problem
from exchange_command.process_records import ProcessRecord

STOP_SECONDS = 15.0
_FIRST_LOOK = 0.02
_SLOWEST_LOOK = 0.2
_KILL_SECONDS = 10.0
_LETTING_GO = 3.0


class ProcessFailed(Problem):
    """A process ended, or did not get ready in time; the message names its log file."""


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """How to run a process. `ready` answers whether it can work; seconds bound start and stop.

    `port` is the one that has to be free before it starts; `is_service` tells our own from the Java three.
    """

    name: str
    command: tuple[str, ...]
    port: int
    ready: Callable[[], bool]
    is_service: bool = False
    on_demand: bool = False
    """Started only where it is named: `exchange up` without names leaves it alone."""
    environment: Mapping[str, str] = field(default_factory=dict)
    start_seconds: float = 120.0
    stop_seconds: float = STOP_SECONDS


def start(places: Places, spec: ProcessSpec) -> ProcessRecord:
    """Starts `spec` unless it runs already; returns its record. Does not wait until it is ready."""
    record = process_records.read(places.run, spec.name)
    if record is not None and process_records.running(record):
        return record
    if not _comes_free(spec.port):
        raise ProcessFailed(
            f"{spec.name} needs port {spec.port}, which another program holds; end that program, or choose "
            "other ports with EXCHANGE_PORT_BASE"
        )
    return _launch(places, spec)


def wait_ready(places: Places, spec: ProcessSpec) -> None:
    """Returns when `spec` is ready. Raises ProcessFailed where it ended or its time is over."""
    record = process_records.read(places.run, spec.name)
    until = time.monotonic() + spec.start_seconds
    pause = _FIRST_LOOK
    while not is_ready(record, spec):
        if process_records.running(record) is None:
            raise ProcessFailed(f"{spec.name} ended while starting{_last_words(places, spec.name)}")
        if time.monotonic() > until:
            raise ProcessFailed(
                f"{spec.name} is not ready after {spec.start_seconds:.0f} s; read {places.log(spec.name)}"
            )
        time.sleep(pause)
        pause = min(pause * 1.5, _SLOWEST_LOOK)


def is_ready(record: ProcessRecord | None, spec: ProcessSpec) -> bool:
    """Whether the recorded process can work."""
    return _listens_itself(record, spec.port) and spec.ready()


def stop(places: Places, name: str, with_signal: int = signal.SIGTERM, within: float = STOP_SECONDS) -> bool:
    """Ends the process of that name if it is the one started here; returns whether there was one.

    After `within` seconds it is killed. Raises ProcessFailed for one that does not even die of that.
    """
    process = process_records.running(process_records.read(places.run, name))
    if process is not None:
        _end(process, name, with_signal, within)
    process_records.forget(places.run, name)
    return process is not None


def _listens_itself(record: ProcessRecord | None, port: int) -> bool:
    """Whether our process answers on the port, and not another that was quicker to take it."""
    process = process_records.running(record)
    try:
        return process is not None and any(
            socket.laddr.port == port and socket.status == psutil.CONN_LISTEN
            for socket in process.net_connections("tcp")
        )
    except psutil.Error:
        return False


def _comes_free(port: int) -> bool:
    """Whether nobody listens on `port`, or soon nobody will: a killed process lets go thread by thread."""
    until = time.monotonic() + _LETTING_GO
    while probes.taken(port):
        if time.monotonic() > until:
            return False
        time.sleep(_SLOWEST_LOOK / 4)
    return True


def _launch(places: Places, spec: ProcessSpec) -> ProcessRecord:
    places.data(spec.name).mkdir(parents=True, exist_ok=True)
    places.logs.mkdir(parents=True, exist_ok=True)
    log = places.log(spec.name)
    if log.exists():
        os.replace(log, log.with_suffix(".log.1"))
    instance = secrets.token_hex(16)
    marks = process_records.marks(places.home, spec.name, instance)
    with log.open("wb") as output:
        process = subprocess.Popen(
            spec.command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **spec.environment, **marks},
            cwd=places.data(spec.name),
            start_new_session=True,
        )
    record = ProcessRecord(
        spec.name, process.pid, psutil.Process(process.pid).create_time(), spec.command, instance
    )
    process_records.write(places.run, record)
    return record


def _end(process: psutil.Process, name: str, with_signal: int, within: float) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(with_signal)
    if not _ended(process, within):
        with suppress(psutil.NoSuchProcess):
            process.kill()
        if not _ended(process, _KILL_SECONDS):
            raise ProcessFailed(
                f"{name} (process {process.pid}) does not end; end it by hand, then try again"
            )


def _ended(process: psutil.Process, within: float) -> bool:
    until = time.monotonic() + within
    while time.monotonic() < until:
        try:
            process.wait(_SLOWEST_LOOK / 4)
        except psutil.TimeoutExpired:
            if _holds_nothing(process):
                return True
        else:
            return True
    return False


def _holds_nothing(process: psutil.Process) -> bool:
    """Whether it is dead, waiting for its parent to notice, with no thread left that keeps ports open."""
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1)
    except psutil.NoSuchProcess:
        return True


def _last_words(places: Places, name: str) -> str:
    lines = places.log(name).read_text(encoding="utf-8", errors="replace").splitlines()[-3:]
    return "; its last words:\n  " + "\n  ".join(lines) + f"\n  (all of them: {places.log(name)})"
