"""Named points where a process under test kills itself, as `kill -9` would; inert in service."""

import os
import signal
from collections.abc import Mapping
from typing import Any

VARIABLE = "EXCHANGE_FAULT"
"""Environment variable with the point: `<process>:<point>`, or `<process>:<point>@<n>` for the n-th time."""


class FaultPoints:
    """Counts down to the one point it was told and dies there. Without one, `reach` does nothing."""

    def __init__(self, armed: str | None = None) -> None:
        """`armed`: as in `EXCHANGE_FAULT`; None arms nothing."""
        self._name, _, times = (armed or "").partition("@")
        self._left = int(times) if times else 1

    @classmethod
    def from_settings(cls, service: Mapping[str, Any]) -> "FaultPoints":
        """Armed by the environment only where the section `[service]` says `faults = true`."""
        return cls(os.environ.get(VARIABLE) if service.get("faults") is True else None)

    def reach(self, name: str) -> None:
        """Dies without any clean-up where `name` is the armed point and its turn has come."""
        if name != self._name:
            return
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
