"""Reads a runbook: its steps by their headings, and the commands that it asks for."""

import re
from collections.abc import Iterator
from pathlib import Path

RUNBOOKS = Path(__file__).parents[2] / "deploy" / "runbooks"

_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def steps_of(name: str) -> dict[str, str]:
    """The shell text below each heading of a runbook, in order."""
    return blocks_of(RUNBOOKS / name)


def blocks_of(path: Path) -> dict[str, str]:
    """The shell text below each heading of a page, in order."""
    parts = path.read_text(encoding="utf-8").split("\n## ")[1:]
    split = (part.partition("\n") for part in parts)
    return {title: "".join(_BLOCK.findall(body)) for title, _, body in split}


def commands_of(path: Path) -> Iterator[str]:
    """Every line of every shell block."""
    for block in _BLOCK.findall(path.read_text(encoding="utf-8")):
        yield from (line for line in block.splitlines() if line.strip())
