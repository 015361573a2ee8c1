"""Becomes a bridge that has only its own folder and port: limits and walls first, then the bridge itself.

`python -P -m exchange_command.hosting.confined CONFINEMENT`, as JSON. Small on purpose: what runs before the
walls stand could touch the neighbours. Nothing is read here that the bridge could have written.
"""

import json
import os
import resource
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from exchange_command.hosting import landlock
from exchange_command.process_records import HOME_MARK, INSTANCE_MARK, NAME_MARK
from referral_exchange.contract_files import DEPLOY, SCHEMAS

_KEPT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "PYTHONUNBUFFERED", HOME_MARK, NAME_MARK, INSTANCE_MARK)
"""Of the environment; whatever else stands there is for whoever started this."""

_SYSTEM = (
    *("/usr", "/lib", "/lib64", "/bin", "/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/localtime"),
    *("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf"),
    *("/etc/services", "/etc/ld.so.cache", "/etc/passwd", "/etc/mime.types", "/etc/timezone"),
    *("/run/systemd/resolve", "/sys/devices/system/cpu"),
)
_DEVICES = tuple(Path("/dev") / name for name in ("null", "zero", "random", "urandom"))
_MIB = 1024 * 1024
_WRONG_SETTING = 78
"""Exit code of what may not start as it was asked to (EX_CONFIG)."""


@dataclass(frozen=True, slots=True)
class Confinement:
    """What one bridge gets. `own`: its folder; `read`: its keys, certificate and settings, to read only."""

    settings: str
    own: str
    read: tuple[str, ...]
    port: int
    walls: bool
    memory_mb: int
    largest_file_mb: int
    open_files: int

    def command(self) -> tuple[str, ...]:
        """What starts it. `-P`: nothing is imported from where it starts, for that folder is the bridge's."""
        return (sys.executable, "-P", "-m", "exchange_command.hosting.confined", json.dumps(asdict(self)))


def main(argv: Sequence[str] | None = None) -> None:
    """Never returns where all is well: this process is the bridge then."""
    told = Confinement(**json.loads((sys.argv[1:] if argv is None else argv)[0]))
    os.umask(0o077)
    limit(told)
    temporary = Path(told.own) / "tmp"
    temporary.mkdir(exist_ok=True, mode=0o700)
    if told.walls:
        _wall_in(told)
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    command = (sys.executable, "-P", "-m", "ngo_bridge", "--settings", told.settings)
    os.execve(sys.executable, command, kept | {"HOME": told.own, "TMPDIR": str(temporary)})


def limit(told: Confinement) -> None:
    """Bounds what this process takes of the machine; no image of its memory is left behind."""
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_DATA, told.memory_mb * _MIB),
        (resource.RLIMIT_FSIZE, told.largest_file_mb * _MIB),
        (resource.RLIMIT_NOFILE, told.open_files),
    ):
        hard = resource.getrlimit(kind)[1]
        wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (wanted, wanted))


def readable() -> tuple[Path, ...]:
    """What every bridge may read and run: the program, its libraries, and what the system tells everybody."""
    program = (*sys.path, *sysconfig.get_paths().values(), sys.prefix, sys.base_prefix, SCHEMAS, DEPLOY)
    places = {Path(str(each)).resolve() for each in (*program, *_SYSTEM) if str(each)}
    return tuple(sorted(place for place in places if place != Path(place.anchor)))


def _wall_in(told: Confinement) -> None:
    read = (*readable(), *(Path(each) for each in told.read))
    try:
        landlock.wall_in(landlock.Walls((Path(told.own),), read, _DEVICES, told.port))
    except (landlock.NoWalls, OSError) as error:
        print(f"not started without walls: {error}", file=sys.stderr)
        sys.exit(_WRONG_SETTING)


if __name__ == "__main__":
    main()
