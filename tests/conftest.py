"""The real broker, registry and databases, up once a test session in folders and on ports of their own."""

import os
import random
import shlex
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import canary_hold
import pytest
from database_kit import NewDatabase, Postgres, database_of, running_postgres
from fresh_log import forget_groups, make_log_anew

from exchange_command import probes
from exchange_command.places import from_environment
from exchange_command.platform import Platform
from referral_exchange.beginning import importing

pytest_plugins = ["canary", "compiled_once", "sharing_out"]

_PORTS_OF_ONE = 40


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Thousands of tests stand in memory until the end: none of them is looked through for garbage again."""
    with importing():
        return (yield)


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


@pytest.fixture
def free_port_base(new_port_base: Callable[[], int]) -> int:
    """Ports of one test, on which nobody listens."""
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
        canary_hold.spans(places.address("zipkin"))
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
def session_platform(
    tmp_path_factory: pytest.TempPathFactory, jar_cache: Path, new_port_base: Callable[[], int]
) -> Iterator[Platform]:
    """Broker and registry with schemas. Tests take `platform`."""
    running = Platform.at(tmp_path_factory.mktemp("home"), jar_cache, new_port_base())
    with for_this_session(running):
        running.up(["kafka", "registry"])
        yield running


@pytest.fixture(scope="module")
def platform(session_platform: Platform) -> Platform:
    """Broker and registry; each file of tests finds empty topics and the demonstration directory."""
    make_log_anew(session_platform)
    return session_platform


@pytest.fixture
def clean_platform(platform: Platform) -> Platform:
    """The same anew for one test, with no consumer group left: for tests that count what is there."""
    forget_groups(platform)
    make_log_anew(platform)
    return platform
