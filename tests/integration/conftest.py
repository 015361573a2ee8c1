"""What the tests of this folder share."""

from collections.abc import Iterator

import pytest
from warm_start import warm_services


@pytest.fixture(scope="module", autouse=True)
def services_are_forked() -> Iterator[None]:
    """A platform forks our services off one that is imported; the guides of end_to_end start each anew."""
    with warm_services():
        yield
