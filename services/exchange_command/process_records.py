"""What was started here: one record a process, and whether it is still that very process."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

HOME_MARK = "EXCHANGE_STARTED_FROM"
NAME_MARK = "EXCHANGE_PROCESS"
INSTANCE_MARK = "EXCHANGE_INSTANCE"


@dataclass(frozen=True, slots=True)
class ProcessRecord:
    """A started process. `created` is seconds since 1970; `instance` is random, one a start.

    A process id is used again after its process ends, and the clock that `created` comes from can be set;
    `instance` stands in the environment of the process itself and can be neither.
    """

    name: str
    pid: int
    created: float
    command: tuple[str, ...]
    instance: str


def write(folder: Path, record: ProcessRecord) -> None:
    """Keeps the record in `folder`; a crash leaves the old one or the new one."""
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f"{record.name}.json.new"
    aside.write_text(json.dumps(asdict(record)), encoding="utf-8")
    os.replace(aside, _path(folder, record.name))


def read(folder: Path, name: str) -> ProcessRecord | None:
    """The record of process `name`; None where there is none or it cannot be read."""
    try:
        loaded = json.loads(_path(folder, name).read_text(encoding="utf-8"))
        return ProcessRecord(**{**loaded, "command": tuple(loaded["command"])})
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None


def names(folder: Path) -> list[str]:
    """Names of all recorded processes."""
    return sorted(path.stem for path in folder.glob("*.json"))


def forget(folder: Path, name: str) -> None:
    """Removes the record of `name`."""
    _path(folder, name).unlink(missing_ok=True)


def running(record: ProcessRecord | None) -> psutil.Process | None:
    """The live process of the record; None where it ended, whoever has its id by now."""
    if record is None:
        return None
    try:
        process = psutil.Process(record.pid)
        return process if _is(process, record) and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.Error:
        return None


def marks(home: Path, name: str, instance: str) -> dict[str, str]:
    """Environment variables by which `strays` knows a process again."""
    return {HOME_MARK: str(home), NAME_MARK: name, INSTANCE_MARK: instance}


def adopt_strays(home: Path, folder: Path) -> None:
    """Writes the record of every process of this home that has none: its `up` was killed too early."""
    known = {record.instance for name in names(folder) if (record := read(folder, name))}
    for record in _marked(home):
        # What a service started bears its marks too; the service itself is the oldest.
        if record.instance not in known:
            known.add(record.instance)
            write(folder, record)


def _is(process: psutil.Process, record: ProcessRecord) -> bool:
    environment = process.environ()
    if not environment:
        # For a moment, while a new program takes the place of the one that forked, there is none to read.
        return bool(process.create_time() == record.created)
    return bool(environment.get(INSTANCE_MARK) == record.instance)


def _marked(home: Path) -> Iterator[ProcessRecord]:
    found = (_record(process, home) for process in psutil.process_iter())
    return iter(sorted((record for record in found if record), key=lambda record: record.created))


def _record(process: psutil.Process, home: Path) -> ProcessRecord | None:
    try:
        environment = process.environ()
        if environment.get(HOME_MARK) != str(home) or process.status() == psutil.STATUS_ZOMBIE:
            return None
        return ProcessRecord(
            name=environment[NAME_MARK],
            pid=process.pid,
            created=process.create_time(),
            command=tuple(process.cmdline()),
            instance=environment[INSTANCE_MARK],
        )
    except (psutil.Error, KeyError):
        return None


def _path(folder: Path, name: str) -> Path:
    return folder / f"{name}.json"
