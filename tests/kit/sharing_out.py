"""Shares the test files out among workers: those that start processes first, so that none is left to the end.

A pytest plugin, for `--dist loadfile`. A long file that begins last keeps one worker busy while the others
have nothing left to do; the many short ones at the end fill what is left.
"""

from typing import Any

import pytest

STARTS_PROCESSES = ("tests/end_to_end/", "tests/pages/", "tests/integration/")
"""Folders of long files, the longest first."""

ON_ONE_WORKER = ("tests/end_to_end/", "tests/pages/")
"""Folders that have one platform for all their files: on two workers there would be two."""


def share_of(test: str) -> str:
    """What goes to one worker as a whole: the file of `test`, or its folder."""
    folder = next((each for each in ON_ONE_WORKER if test.startswith(each)), None)
    return folder or test.partition("::")[0]


def turn_of(test: str) -> int:
    """When its file is given out; the same for all that may be given out in any order."""
    began = (n for n, each in enumerate(STARTS_PROCESSES) if test.startswith(each))
    return next(began, len(STARTS_PROCESSES))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the tests in the order of their turns; else as they stand."""
    items.sort(key=lambda item: turn_of(item.nodeid))


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
