"""Plays what a guide asks for, as it is written, on a platform of the test's own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from named_tests import TOP
from runbook_kit import blocks_of

from exchange_command.places import Places

GUIDES = TOP / "docs" / "guides"


@dataclass
class Player:
    """A folder that looks like the repository, and the places of a platform."""

    folder: Path
    places: Places
    instead: Mapping[str, str] = field(default_factory=dict)
    """What the page says, and what the test says in its place: ports."""

    def __post_init__(self) -> None:
        for name in ("docs", "deploy", "schemas"):
            (self.folder / name).symlink_to(TOP / name)

    def play(self, text: str, seconds: float = 300.0) -> str:
        """Runs shell text; what it says on standard output. Fails where it ends with anything but 0."""
        for said, meant in self.instead.items():
            text = text.replace(said, meant)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            cwd=self.folder,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"
        return done.stdout

    def _environment(self) -> dict[str, str]:
        own = {
            "EXCHANGE_HOME": str(self.places.home),
            "EXCHANGE_CACHE": str(self.places.cache),
            "EXCHANGE_PORT_BASE": str(self.places.port_base),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        return {**os.environ, **own}


def steps_of_guide(name: str) -> dict[str, str]:
    """The shell text below each heading of a guide."""
    return blocks_of(GUIDES / f"{name}.md")
