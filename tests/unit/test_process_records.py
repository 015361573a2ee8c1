"""Only what was started here is ever stopped."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from exchange_command import process_control, process_records
from exchange_command.places import Places
from exchange_command.process_control import ProcessFailed, ProcessSpec
from exchange_command.process_records import ProcessRecord

SLEEPER = (sys.executable, "-c", "import time; print('awake', flush=True); time.sleep(60)")
LISTEN = "import signal, socket, sys, time; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); "
IGNORE = "signal.signal(signal.SIGTERM, signal.SIG_IGN); "
AWAKE = "print('awake', flush=True); time.sleep(60)"


@pytest.fixture
def places(tmp_path: Path, new_port_base: Callable[[], int]) -> Iterator[Places]:
    made = Places(tmp_path / "home", tmp_path / "cache", new_port_base())
    yield made
    for name in process_records.names(made.run):
        process_control.stop(made, name, signal.SIGKILL)


def sleeper(places: Places, code: str = LISTEN + AWAKE) -> ProcessSpec:
    def awake() -> bool:
        return b"awake" in places.log("sleeper").read_bytes()

    port = places.port_base + 39
    command = (sys.executable, "-c", code, str(port))
    return ProcessSpec("sleeper", command, port=port, ready=awake, start_seconds=30)


def begin(places: Places, spec: ProcessSpec) -> ProcessRecord:
    record = process_control.start(places, spec)
    process_control.wait_ready(places, spec)
    return record


def test_a_second_start_keeps_the_first_process(places: Places) -> None:
    spec = sleeper(places)
    assert begin(places, spec) == process_control.start(places, spec)


def test_a_recycled_process_id_is_not_killed(places: Places) -> None:
    stranger = subprocess.Popen(SLEEPER, stdout=subprocess.PIPE)
    assert stranger.stdout is not None
    try:
        stranger.stdout.readline()
        created = psutil.Process(stranger.pid).create_time()
        process_records.write(places.run, ProcessRecord("sleeper", stranger.pid, created, SLEEPER, "0" * 32))
        assert not process_control.stop(places, "sleeper")
        assert stranger.poll() is None
        assert process_records.read(places.run, "sleeper") is None
    finally:
        stranger.kill()
        stranger.wait()
        stranger.stdout.close()


def test_a_process_of_another_start_of_the_same_name_is_not_ours(places: Places) -> None:
    record = begin(places, sleeper(places))
    older = ProcessRecord(record.name, record.pid, record.created, record.command, "0" * 32)
    assert process_records.running(record)
    assert process_records.running(older) is None


def test_stop_ends_the_process_and_forgets_it(places: Places) -> None:
    record = begin(places, sleeper(places))
    assert process_control.stop(places, "sleeper")
    assert process_records.running(record) is None
    assert process_records.names(places.run) == []


def test_a_process_deaf_to_the_signal_is_killed_in_bounded_time(places: Places) -> None:
    record = begin(places, sleeper(places, LISTEN + IGNORE + AWAKE))
    assert process_control.stop(places, "sleeper", within=0.3)
    assert process_records.running(record) is None


def test_a_process_that_has_no_record_is_found_again(places: Places) -> None:
    record = begin(places, sleeper(places))
    process_records.forget(places.run, "sleeper")
    process_records.adopt_strays(places.home, places.run)
    adopted = process_records.read(places.run, "sleeper")
    assert adopted is not None
    assert (adopted.pid, adopted.instance) == (record.pid, record.instance)


def test_processes_of_another_home_are_left_alone(places: Places, tmp_path: Path) -> None:
    begin(places, sleeper(places))
    other = tmp_path / "other"
    process_records.adopt_strays(other, other / "run")
    assert process_records.names(other / "run") == []


def test_a_damaged_record_counts_as_none(places: Places) -> None:
    places.run.mkdir(parents=True)
    (places.run / "sleeper.json").write_text('{"name": "sleeper"', encoding="utf-8")
    assert process_records.read(places.run, "sleeper") is None
    begin(places, sleeper(places))


def test_a_process_that_ends_while_starting_says_its_last_words(places: Places) -> None:
    command = (sys.executable, "-c", "print('the invented setting is missing'); raise SystemExit(3)")
    spec = ProcessSpec("sleeper", command, port=places.port_base + 39, ready=lambda: False)
    with pytest.raises(ProcessFailed, match="the invented setting is missing"):
        begin(places, spec)


def test_a_process_that_never_gets_ready_names_its_log(places: Places) -> None:
    spec = ProcessSpec("sleeper", SLEEPER, port=places.port_base + 39, ready=lambda: False, start_seconds=0.3)
    with pytest.raises(ProcessFailed, match=r"not ready after 0 s; read .*sleeper\.log"):
        begin(places, spec)


def test_an_answer_of_another_program_on_its_port_does_not_make_it_ready(places: Places) -> None:
    spec = ProcessSpec("sleeper", SLEEPER, port=places.port_base + 39, ready=lambda: True, start_seconds=0.5)
    process_control.start(places, spec)
    with socket.create_server(("127.0.0.1", spec.port)), pytest.raises(ProcessFailed, match="is not ready"):
        process_control.wait_ready(places, spec)


def test_it_outlives_the_terminal_it_was_started_from(places: Places) -> None:
    record = begin(places, sleeper(places))
    assert os.getsid(record.pid) == record.pid
