"""Everything that `exchange up` starts, once for all tests that take it, and down again after the last one.

A pytest plugin. Those tests stand in a row, on one worker: tests/kit/sharing_out.py sees to it.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack

import canary_hold
import pytest
from sharing_out import rank_of
from warm_start import warm_services

from exchange_command.platform import Platform

KEPT_TO_THE_END = ("kafka", "registry", "registry.front")
_RUNS = pytest.StashKey[ExitStack]()


@pytest.fixture(scope="session")
def whole_platform(
    another_platform: Callable[[str], AbstractContextManager[Platform]], pytestconfig: pytest.Config
) -> Iterator[Platform]:
    """Broker, registry, trace page and all services, on ports and in a folder of their own."""
    with ExitStack() as runs:
        running = runs.enter_context(another_platform("whole"))
        with warm_services():
            running.up()
            running.up(["zipkin"])
        pytestconfig.stash[_RUNS] = runs
        yield running


@pytest.fixture
def platform_to_end(whole_platform: Platform) -> Platform:
    """The same with only broker and registry up, for the one test that takes it down: it stands last."""
    canary_hold.spans(whole_platform.places.address("zipkin"))
    ours = [p.name for p in whole_platform.status() if p.running and p.name not in KEPT_TO_THE_END]
    # Each takes a second or two to finish what it has in hand.
    with ThreadPoolExecutor(len(ours)) as pool:
        list(pool.map(whole_platform.stop, ours))
    return whole_platform


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Its processes would else take their share of the machine until the session's end."""
    runs = item.config.stash.get(_RUNS, None)
    if runs is not None and (nextitem is None or not rank_of(nextitem)):
        runs.close()
