"""The real broker, registry and databases, up once a test session in folders and on ports of their own."""

import os
import random
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import canary_hold
import pytest
from confluent_kafka.admin import AdminClient
from database_kit import NewDatabase, Postgres, database_of, running_postgres

from exchange_command import directory_seed, probes, topic_setup
from exchange_command.places import from_environment
from exchange_command.platform import Platform

pytest_plugins = ["canary", "sharing_out"]

_PORTS_OF_ONE = 40


@pytest.fixture(scope="session")
def new_port_base() -> Callable[[], int]:
    """Each call gives the first of `_PORTS_OF_ONE` ports that nobody listens on, and never the same again."""
    # Below the range from which the system takes ports for outgoing connections.
    bases = _of_this_worker(range(22000, 32000, _PORTS_OF_ONE))
    random.shuffle(bases)
    free = (b for b in bases if not any(probes.listens(b + offset) for offset in range(_PORTS_OF_ONE)))
    return lambda: next(free)


def _of_this_worker(bases: range) -> list[int]:
    """Two workers that look at the same moment must not find the same port free."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return list(bases[worker :: int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))])


@pytest.fixture(scope="session")
def free_port_base(new_port_base: Callable[[], int]) -> int:
    """Ports of the session's platform, and of unit tests that need some that are free."""
    return new_port_base()


@pytest.fixture(scope="session")
def another_port_base(new_port_base: Callable[[], int]) -> int:
    """Ports of a second platform beside the session's."""
    return new_port_base()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The session's PostgreSQL; started by the first test that needs it."""
    with running_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> NewDatabase:
    """Makes empty databases; a test that takes it, or what stands on it, runs once on each kind."""
    return database_of(request.param, request, tmp_path_factory)


@pytest.fixture
def database_url(new_database: NewDatabase) -> Iterator[str]:
    """The SQLAlchemy address of one empty database, for a test on each kind."""
    with new_database() as url:
        yield url


@pytest.fixture(scope="session")
def jar_cache() -> Path:
    """Where this user's fetched files are; filled by the first test that needs them."""
    return from_environment().cache


@contextmanager
def for_this_session(platform: Platform) -> Iterator[None]:
    """Takes the platform down at the end, also when the test run is killed and can clean up nothing."""
    places = platform.places
    ours = {
        "EXCHANGE_HOME": places.home,
        "EXCHANGE_CACHE": places.cache,
        "EXCHANGE_PORT_BASE": places.port_base,
    }
    down = f"read _; exec {shlex.quote(sys.executable)} -m exchange_command.main down"
    # Its standard input ends with this process, whatever ends it.
    guardian = subprocess.Popen(
        ["/bin/sh", "-c", down],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {name: str(value) for name, value in ours.items()},
        start_new_session=True,
    )
    try:
        yield
    finally:
        canary_hold.spans(f"{places.address('zipkin')}/zipkin/api/v2/traces?limit=100000&lookback=86400000")
        platform.down()
        guardian.kill()
        guardian.communicate()


@pytest.fixture(scope="session")
def guarded() -> Callable[[Platform], AbstractContextManager[None]]:
    """`for_this_session`, for a test's own platform."""
    return for_this_session


@pytest.fixture(scope="session")
def another_platform(
    tmp_path_factory: pytest.TempPathFactory, jar_cache: Path, new_port_base: Callable[[], int]
) -> Callable[[str], AbstractContextManager[Platform]]:
    """Makes a platform in a folder of that name and on ports of its own, down again when the block ends.

    For what no other test may see happen to its broker; nothing of it runs until the test brings it up.
    """

    @contextmanager
    def made(name: str) -> Iterator[Platform]:
        own = Platform.at(tmp_path_factory.mktemp(name), jar_cache, new_port_base())
        with for_this_session(own):
            yield own

    return made


@pytest.fixture(scope="session")
def platform(
    tmp_path_factory: pytest.TempPathFactory, jar_cache: Path, free_port_base: int
) -> Iterator[Platform]:
    """Broker and registry with topics, schemas and the demonstration network's directory."""
    running = Platform.at(tmp_path_factory.mktemp("home"), jar_cache, free_port_base)
    with for_this_session(running):
        running.up(["kafka", "registry"])
        yield running


@pytest.fixture
def clean_platform(platform: Platform) -> Platform:
    """The same, with every topic made anew and no consumer group left: for tests that count what is there."""
    admin = probes.admin(platform.places.kafka("administrator"))
    canary_hold.segments(platform.places.data("kafka"))
    _forget_groups(admin)
    names = [name for name in admin.list_topics(timeout=30).topics if not name.startswith("__")]
    for done in admin.delete_topics(names).values() if names else ():
        done.result(30)
    wanted = topic_setup.wanted([participant.id for participant in platform.network.with_mailboxes])
    # The broker forgets a deleted topic in its own time; before that it can be neither made nor described.
    deadline = time.monotonic() + 30
    while len(topic_setup.missing(admin, wanted)) < len(wanted) and time.monotonic() < deadline:
        time.sleep(0.05)
    topic_setup.make_so(admin, wanted)
    directory_seed.publish(platform.places, platform.network)
    return platform


def _forget_groups(admin: AdminClient) -> None:
    """A member that was killed stays in its group until its session ends; the group goes after that."""
    deadline = time.monotonic() + 60
    while groups := [group.group_id for group in admin.list_consumer_groups().result(30).valid]:
        going = admin.delete_consumer_groups(groups).values()
        if all(done.exception(30) is None for done in going):
            return
        assert time.monotonic() < deadline, f"members stay in {groups}"
        time.sleep(0.2)
