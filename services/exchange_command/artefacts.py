"""The pinned list of files the platform runs on: Maven coordinates and SHA-256, one a line."""

import re
from dataclasses import dataclass
from pathlib import Path

from exchange_command.problem import Problem
from referral_exchange.contract_files import DEPLOY

_LINE = re.compile(
    r"(?P<group>[^:\s]+):(?P<name>[^:\s]+):(?P<version>[^:\s]+)"
    r"(?::(?P<packaging>[^:\s]+))?(?::(?P<classifier>[^:\s]+))?"
    r" sha256:(?P<sha256>[0-9a-f]{64})"
)
_LISTS = {
    "kafka": "kafka-4.3.1.jars",
    "registry": "apicurio-registry-3.3.3.jars",
    "zipkin": "zipkin-3.6.1.jars",
}
PARTS = tuple(_LISTS)
"""Processes that run on fetched files."""


class ListUnreadable(Problem):
    """A pinned list holds a line that is no coordinate with its SHA-256."""


@dataclass(frozen=True, slots=True)
class Artefact:
    """One file by its Maven coordinates; `sha256` is lower-case hex of the whole file."""

    group: str
    name: str
    version: str
    packaging: str
    classifier: str
    sha256: str

    @property
    def file_name(self) -> str:
        """Name of the file in the cache, as the repository names it."""
        classifier = f"-{self.classifier}" if self.classifier else ""
        return f"{self.name}-{self.version}{classifier}.{self.packaging}"


def read_list(path: Path) -> tuple[Artefact, ...]:
    """The artefacts of a pinned list. Raises ListUnreadable with the line's number."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(_artefact(path, number, line) for number, line in enumerate(lines, 1) if line.strip())


def pinned(part: str) -> tuple[Artefact, ...]:
    """What `kafka`, `registry` or `zipkin` runs on; nothing for any other process."""
    return read_list(DEPLOY / "platform" / _LISTS[part]) if part in _LISTS else ()


def _artefact(path: Path, number: int, line: str) -> Artefact:
    match = _LINE.fullmatch(line.strip())
    if match is None:
        raise ListUnreadable(f"{path.name}, line {number}: write group:name:version sha256:<64 hex digits>")
    return Artefact(
        group=match["group"],
        name=match["name"],
        version=match["version"],
        packaging=match["packaging"] or "jar",
        classifier=match["classifier"] or "",
        sha256=match["sha256"],
    )
