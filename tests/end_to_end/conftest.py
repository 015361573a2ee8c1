"""Everything that `exchange up` starts, once for the tests of this folder, and down again after the last."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from exchange_command.platform import Platform


@pytest.fixture(scope="package")
def whole_platform(another_platform: Callable[[str], AbstractContextManager[Platform]]) -> Iterator[Platform]:
    """Broker, registry, trace page and all services, on ports and in a folder of their own."""
    with another_platform("whole") as running:
        running.up()
        running.up(["zipkin"])
        yield running
