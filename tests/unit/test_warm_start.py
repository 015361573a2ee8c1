"""The kit's forked processes: each a real one, with a real end, and nothing of the one it came from."""

import os
import signal
import sys
from pathlib import Path

import psutil
import pytest
from warm_start import Warm, warm_services

from exchange_command import process_control

SLEEPS = "import time; time.sleep(60)"


def test_it_runs_what_it_is_told_where_it_is_told_and_its_end_is_its_own(tmp_path: Path) -> None:
    told = "import os, sys; print(sys.argv, os.getcwd(), dict(os.environ)); sys.exit('aloud')"
    with (tmp_path / "out").open("wb") as output, (tmp_path / "err").open("wb") as errors:
        run = Warm(["-c", told, "--settings", "x"], output, errors, {"INVENTED": "1"}, tmp_path)
        assert run.wait(60) == 1
    assert (tmp_path / "out").read_text() == f"['-c', '--settings', 'x'] {tmp_path} {{'INVENTED': '1'}}\n"
    assert (tmp_path / "err").read_text() == "aloud\n"


def test_a_module_runs_as_python_runs_it(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        assert Warm(["-m", "status_board", "--settings", str(tmp_path / "none.toml")], log).wait(60) == 1
    assert "no such settings file" in (tmp_path / "log").read_text()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_it_dies_of_a_signal_alone_and_is_gone(tmp_path: Path, number: int) -> None:
    with (tmp_path / "log").open("wb") as log:
        dying, other = Warm(["-c", SLEEPS], log), Warm(["-c", SLEEPS], log)
    assert (dying.poll(), other.poll()) == (None, None)
    dying.send_signal(number)
    assert dying.wait(60) == -number
    assert not psutil.pid_exists(dying.pid)
    assert other.poll() is None
    other.kill()
    assert other.wait(60) == -signal.SIGKILL


def test_a_platform_gets_our_services_forked_and_all_else_started(tmp_path: Path) -> None:
    with warm_services(), (tmp_path / "log").open("wb") as log:
        popen = process_control.subprocess.Popen
        how = {"stdout": log, "env": dict(os.environ), "cwd": tmp_path, "start_new_session": True}
        forked = popen([sys.executable, "-m", "status_board", "--settings", "none.toml"], **how)
        started = popen([sys.executable, "-c", "import sys; sys.exit(3)"], **how)
        assert isinstance(forked, Warm)
        assert (forked.wait(60), started.wait(60)) == (1, 3)
    assert process_control.subprocess.Popen([sys.executable, "-c", ""]).wait(60) == 0
