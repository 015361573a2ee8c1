"""Linux's Landlock: a process gives up, for good, every file, port and neighbour that it does not need.

Needs no rights of an administrator, and binds the administrator too. Numbers: linux/landlock.h and
asm-generic/unistd.h, which are the same on every architecture.
"""

import ctypes
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

NEEDED = 6
"""The version of Landlock that also walls off signals and ports; Linux 6.12 has it."""

_CREATE, _ADD, _RESTRICT = 444, 445, 446
_VERSION = 1
_BENEATH, _PORT = 1, 2
_NO_NEW_PRIVILEGES = 38

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_TRUNCATE = 1 << 14
_ALL_FILES = (1 << 16) - 1
_OF_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | 1 << 15
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_BIND = 1
_NEIGHBOURS = 1 | 2
"""Abstract sockets and signals."""


class NoWalls(Exception):
    """This kernel cannot keep a process to its own; the message says what it lacks."""


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


class _AtPort(ctypes.Structure):
    _fields_ = (("allowed", ctypes.c_uint64), ("port", ctypes.c_uint64))


@dataclass(frozen=True, slots=True)
class Walls:
    """What is left to a process. `own`: to do anything in; `read`: to read and run; `port`: to serve."""

    own: tuple[Path, ...]
    read: tuple[Path, ...]
    devices: tuple[Path, ...]
    port: int


def version() -> int:
    """Which Landlock this kernel has; 0: none."""
    return max(0, int(_system().syscall(_CREATE, None, 0, _VERSION)))


def require() -> None:
    """Raises NoWalls where this kernel cannot do what `wall_in` does."""
    found = version()
    if found < NEEDED:
        raise NoWalls(f"this kernel has Landlock version {found}, and {NEEDED} is needed (Linux 6.12)")


def wall_in(walls: Walls) -> None:
    """From here on this process, and whatever it becomes, has nothing else. Raises NoWalls, OSError."""
    require()
    system = _system()
    asked = _Ruleset(_ALL_FILES, _BIND, _NEIGHBOURS)
    ruleset = _checked(system.syscall(_CREATE, ctypes.byref(asked), ctypes.sizeof(asked), 0))
    for paths, allowed in ((walls.own, _ALL_FILES), (walls.read, _READ), (walls.devices, _OF_A_FILE)):
        _allow(ruleset, paths, allowed)
    at = _AtPort(_BIND, walls.port)
    _checked(system.syscall(_ADD, ruleset, _PORT, ctypes.byref(at), 0))
    _checked(system.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
    _checked(system.syscall(_RESTRICT, ruleset, 0))
    os.close(ruleset)


def _allow(ruleset: int, paths: Iterable[Path], allowed: int) -> None:
    for path in paths:
        if not path.exists():
            continue
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            rule = _Beneath(allowed if path.is_dir() else allowed & _OF_A_FILE, parent)
            _checked(_system().syscall(_ADD, ruleset, _BENEATH, ctypes.byref(rule), 0))
        finally:
            os.close(parent)


def _system() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(answer: int) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"the walls cannot be put up: {os.strerror(number)}")
    return answer
