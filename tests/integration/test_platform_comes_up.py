"""`exchange up` from next to nothing, twice, after a crash, and down again; on real broker and registry."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import psutil
import pytest
from confluent_kafka.admin import AdminClient

from exchange_command import lock, platform_checks, probes, process_records
from exchange_command.places import Places
from exchange_command.platform import Platform
from exchange_command.process_control import ProcessFailed

FIRST = ["kafka", "registry", "registry.front"]


@pytest.fixture(scope="module")
def own(another_platform: Callable[[str], AbstractContextManager[Platform]]) -> Iterator[Platform]:
    """A platform of this module's own, for what no other test may see happen to its broker."""
    with another_platform("comes-up") as made:
        yield made


@pytest.fixture
def up(own: Platform) -> Platform:
    """All of `FIRST` runs: what the test before took down is brought up again."""
    if {status.name for status in own.status() if status.ready} != set(FIRST):
        own.up(FIRST)
    return own


def pids(platform: Platform) -> dict[str, int | None]:
    return {status.name: status.pid for status in platform.status() if status.running}


def environment_of(places: Places) -> dict[str, str]:
    return os.environ | {
        "EXCHANGE_HOME": str(places.home),
        "EXCHANGE_CACHE": str(places.cache),
        "EXCHANGE_PORT_BASE": str(places.port_base),
    }


def command(places: Places, *words: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "exchange_command.main", *words]
    return subprocess.run(
        line, env=environment_of(places), capture_output=True, text=True, timeout=120, check=False
    )


def topics_of(platform: Platform) -> set[str]:
    admin: AdminClient = probes.admin(platform.places.kafka("administrator"))
    return set(admin.list_topics(timeout=10).topics)


def test_up_begins_anew_where_formatting_broke_off(own: Platform) -> None:
    data = own.places.data("kafka")
    (data / "formatting" / "half").mkdir(parents=True)
    own.up(FIRST)
    assert "directory" in topics_of(own)


def test_broker_and_registry_work_and_nothing_else_was_started(up: Platform) -> None:
    assert {status.name for status in up.status() if status.ready} == set(FIRST)
    assert {"consents", "directory", "outbox.harbor-house", "inbox.harbor-house"} <= topics_of(up)
    assert "outbox.consent_ledger" not in topics_of(up)


def test_everything_listens_on_loopback_only(up: Platform) -> None:
    for name in FIRST:
        process = process_records.running(process_records.read(up.places.run, name))
        assert process is not None
        listening = [c.laddr.ip for c in process.net_connections() if c.status == psutil.CONN_LISTEN]
        assert listening
        assert {address.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}


def test_a_second_up_changes_nothing(up: Platform) -> None:
    before = pids(up)
    done = command(up.places, "up", "--only", ",".join(FIRST))
    assert done.returncode == 0, done.stderr
    assert pids(up) == before


def test_two_at_once_do_not_disturb_each_other(up: Platform) -> None:
    before = pids(up)
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: command(up.places, "up", "--only", "kafka,registry"), range(2)))
    assert [done.returncode for done in both] == [0, 0]
    assert pids(up) == before


@pytest.mark.parametrize("name", ["kafka", "registry.front"])
def test_up_mends_a_killed_process_and_nothing_is_lost(up: Platform, name: str) -> None:
    before = topics_of(up)
    kill(up, name)
    up.up(FIRST)
    assert_whole(up, before)


def test_up_names_the_port_that_a_stranger_took_from_a_killed_registry_and_mends_it_afterwards(
    up: Platform,
) -> None:
    before = topics_of(up)
    kill(up, "registry")
    port = up.places.port("registry_behind")
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(ProcessFailed, match=f"port {port}, which another program holds"),
    ):
        up.up(["registry"])
    assert process_records.read(up.places.run, "registry") is None
    up.up(FIRST)
    assert_whole(up, before)


def kill(platform: Platform, name: str) -> None:
    assert platform.stop(name, signal.SIGKILL)
    assert not probes.listens(platform.specs[name].port)


def assert_whole(platform: Platform, topics: set[str]) -> None:
    assert topics_of(platform) == topics
    assert {status.name for status in platform.status() if status.ready} == set(FIRST)
    assert platform_checks.schemas(platform.places).ok


def test_up_finds_again_what_a_killed_up_had_started(up: Platform) -> None:
    before = pids(up)
    process_records.forget(up.places.run, "kafka")
    assert "kafka" not in pids(up)
    up.up(FIRST)
    assert pids(up) == before


def test_who_waits_too_long_for_another_up_is_told(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with lock.only_one(path, "nobody"), pytest.raises(lock.Busy, match="`exchange up` is still at work"):
        lock.only_one(path, "another `exchange up`", within=0.2).__enter__()


def test_status_is_one_object_and_tells_that_not_all_is_up(up: Platform) -> None:
    done = command(up.places, "status", "--json")
    processes = {each["name"]: each for each in json.loads(done.stdout)["processes"]}
    assert done.returncode == 1
    assert processes["kafka"]["ready"]
    assert not processes["consent_ledger"]["running"]
    assert set(processes) == {name for name, spec in up.specs.items() if not spec.on_demand}


def test_down_leaves_nothing_running(up: Platform) -> None:
    done = command(up.places, "down")
    assert done.returncode == 0, done.stderr
    assert pids(up) == {}
    assert process_records.names(up.places.run) == []
    process_records.adopt_strays(up.places.home, up.places.run)
    assert process_records.names(up.places.run) == []
    listeners = ("kafka", "kafka_controller", "registry", "registry_behind", "registry_management")
    assert not any(probes.listens(up.places.port(name)) for name in listeners)


def test_a_second_down_is_harmless(own: Platform) -> None:
    own.down()
    assert own.down() == []
