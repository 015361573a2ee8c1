"""Shares the test files out among workers: those that start processes first, so that none is left to the end.

A pytest plugin, for `--dist loadfile`. A long file that begins last keeps one worker busy while the others
have nothing left to do; the many short ones at the end fill what is left.
"""

from typing import Any

import pytest

pytest_plugins = ["one_platform"]

STARTS_PROCESSES = ("tests/pages/", "tests/end_to_end/", "tests/integration/")
"""Folders of long files, the longest first."""

ON_ONE_WORKER = STARTS_PROCESSES[:2]
"""Folders that have one platform for all their files: on two workers there would be two.

It comes up for the last tests of the first folder, and goes down with the last of the second.
"""


def share_of(test: str) -> str:
    """What goes to one worker as a whole: the file of `test`, or all folders that have one platform."""
    return ON_ONE_WORKER[0] if test.startswith(ON_ONE_WORKER) else test.partition("::")[0]


def rank_of(item: pytest.Item) -> int:
    """Where a test stands in its folder: 0, then those that take the one platform, 2 for what ends it."""
    taken = getattr(item, "fixturenames", ())
    return ("whole_platform" in taken) + ("platform_to_end" in taken)


def turn_of(test: str) -> int:
    """When its file is given out; the same for all that may be given out in any order."""
    began = (n for n, each in enumerate(STARTS_PROCESSES) if test.startswith(each))
    return next(began, len(STARTS_PROCESSES))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the tests in the order of their turns, those with the one platform in a row."""
    items.sort(key=lambda item: (turn_of(item.nodeid), _beside(item)))


def _beside(item: pytest.Item) -> int:
    return rank_of(item) if item.nodeid.startswith(ON_ONE_WORKER) else 0


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """The scheduler of `--dist loadfile`, by our shares and in our order."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class ByShare(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return share_of(nodeid)

    config.option.loadscopereorder = False
    return ByShare(config, log)
