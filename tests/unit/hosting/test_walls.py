"""A process behind walls reaches its own folder and port, and no neighbour: asked of a real one."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from exchange_command.hosting import landlock
from exchange_command.hosting.confined import Confinement, readable

_TRY = """
import json, os, signal, socket, sys
from pathlib import Path
from exchange_command.hosting import landlock
from exchange_command.hosting.confined import readable

own, neighbour, given, port, other, pid = sys.argv[1:]
own, neighbour, given = Path(own), Path(neighbour), Path(given)
if {walled}:
    landlock.wall_in(landlock.Walls((own,), (*readable(), given), (), int(port)))

def serves(number):
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", int(number)))

def tried(act):
    try:
        act()
    except PermissionError:
        return "denied"
    except OSError as error:
        return type(error).__name__
    return "done"

(own / "link").symlink_to(neighbour / "secret")
print(json.dumps({{
    "write own": tried(lambda: (own / "kept").write_text("mine")),
    "read given": tried(given.read_text),
    "write given": tried(lambda: given.write_text("turned")),
    "read neighbour": tried((neighbour / "secret").read_text),
    "list neighbour": tried(lambda: list(neighbour.iterdir())),
    "write neighbour": tried(lambda: (neighbour / "new").write_text("x")),
    "read by a link": tried((own / "link").read_text),
    "own port": tried(lambda: serves(port)),
    "neighbour's port": tried(lambda: serves(other)),
    "signal": tried(lambda: os.kill(int(pid), 0)),
    "memory": tried(lambda: Path(f"/proc/{{pid}}/environ").read_bytes()),
    "import": tried(lambda: __import__("sqlite3")),
}}))
"""
Ports = Callable[[], int]
MAY = {"write own", "read given", "own port", "import"}


def tried(tmp_path: Path, base: int, *, walled: bool) -> dict[str, str]:
    own, neighbour, given = tmp_path / "own", tmp_path / "neighbour", tmp_path / "settings"
    own.mkdir()
    neighbour.mkdir()
    given.write_text("x", encoding="utf-8")
    (neighbour / "secret").write_text("another's", encoding="utf-8")
    places = map(str, (own, neighbour, given, base, base + 1, os.getpid()))
    code = _TRY.format(walled=walled)
    # -P, as a bridge is started: nothing is imported from where it stands.
    ran = subprocess.run(
        [sys.executable, "-P", "-c", code, *places], capture_output=True, timeout=60, check=False, text=True
    )
    if ran.returncode:
        raise AssertionError(ran.stderr)
    found: dict[str, str] = json.loads(ran.stdout)
    return found


def test_a_walled_process_reaches_its_own_and_no_neighbour(tmp_path: Path, new_port_base: Ports) -> None:
    if landlock.version() < landlock.NEEDED:
        with pytest.raises(landlock.NoWalls, match="6 is needed"):
            landlock.require()
        return
    found = tried(tmp_path, new_port_base(), walled=True)
    assert {name for name, came in found.items() if came == "done"} == MAY, found
    assert {came for name, came in found.items() if name not in MAY} == {"denied"}, found


def test_without_walls_the_same_process_would_reach_them(tmp_path: Path, new_port_base: Ports) -> None:
    """So the test above looks at the walls, and not at something else that denies."""
    assert set(tried(tmp_path, new_port_base(), walled=False).values()) == {"done"}


def test_nothing_that_all_may_read_is_the_whole_disk() -> None:
    assert Path("/") not in readable()
    assert not any(Path.home() == each or Path("/tmp") == each for each in readable())


def test_what_a_bridge_may_take_of_the_machine_is_bounded(tmp_path: Path) -> None:
    told = Confinement(
        settings=str(tmp_path / "absent.toml"),
        own=str(tmp_path),
        read=(),
        port=22999,
        walls=False,
        memory_mb=700,
        largest_file_mb=3,
        open_files=99,
    )
    show = """
import os, resource, sys
from exchange_command.hosting import confined

kinds = (resource.RLIMIT_CORE, resource.RLIMIT_DATA, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE)
os.execve = lambda program, command, kept: print(*kept, [resource.getrlimit(kind) for kind in kinds])
confined.main(sys.argv[1:])
"""
    command = [sys.executable, "-c", show, told.command()[-1]]
    environment = {"PATH": os.environ["PATH"], "INVENTED_SECRET": "x", "EXCHANGE_INSTANCE": "y"}
    ran = subprocess.run(command, capture_output=True, env=environment, timeout=60, check=True, text=True)
    mib = 1024 * 1024
    limits = [(each, each) for each in (0, 700 * mib, 3 * mib, 99)]
    assert ran.stdout.strip().endswith(str(limits))
    assert "EXCHANGE_INSTANCE" in ran.stdout
    assert "INVENTED_SECRET" not in ran.stdout
