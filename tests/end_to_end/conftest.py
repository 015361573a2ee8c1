"""Everything that `exchange up` starts, once for the tests of this folder, and down again after the last."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from exchange_command.platform import Platform


@pytest.fixture(scope="package")
def whole_platform(
    tmp_path_factory: pytest.TempPathFactory,
    jar_cache: Path,
    new_port_base: Callable[[], int],
    guarded: Callable[[Platform], AbstractContextManager[None]],
) -> Iterator[Platform]:
    """Broker, registry, trace page and all services, on ports and in a folder of their own."""
    running = Platform.at(tmp_path_factory.mktemp("whole"), jar_cache, new_port_base())
    with guarded(running):
        running.up()
        running.up(["zipkin"])
        yield running
