"""A backup as a file: a line of JSON for each row of each table, and a last one that proves it whole."""

import base64
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_FORM = "consent_ledger.backup.v1"

Row = Mapping[str, Any]
"""Columns by name: text, numbers, truth values, bytes or None."""


class BackupUnusable(Exception):
    """The file is no whole backup of a ledger. Take another copy of it, or an older backup."""


@dataclass(frozen=True, slots=True)
class Head:
    """What stands first. `revision`: the shape of its tables; `epoch`: whose key wraps its keys."""

    revision: str
    ledger_id: str
    epoch: int
    taken_at: str


def write(path: Path, head: Head, rows: Iterable[tuple[str, Row]]) -> int:
    """Writes a backup in place of one that stands there, readable by the owner only; how many rows."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = path.with_name(f"{path.name}.new")
    digest, count = hashlib.sha256(), 0
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:

        def add(value: Any) -> None:
            line = json.dumps(value, separators=(",", ":")).encode() + b"\n"
            digest.update(line)
            file.write(line)

        add({"form": _FORM, **asdict(head)})
        for table, row in rows:
            add([table, {name: _told(value) for name, value in row.items()}])
            count += 1
        add({"rows": count, "sha256": digest.hexdigest()})
        file.flush()
        os.fsync(file.fileno())
    os.replace(aside, path)
    return count


def check(path: Path) -> Head:
    """What stands first, once the whole file was read. Raises BackupUnusable, OSError."""
    digest, count, last = hashlib.sha256(), -2, b""
    with path.open("rb") as file:
        head = _read(path, file.readline())
        file.seek(0)
        for line in file:
            digest.update(last)
            last, count = line, count + 1
    if not isinstance(head, dict) or head.pop("form", None) != _FORM:
        raise BackupUnusable(f"{path.name}: no backup of a consent ledger")
    if _read(path, last) != {"rows": count, "sha256": digest.hexdigest()}:
        raise BackupUnusable(f"{path.name}: not whole, or changed; take another copy of it")
    return Head(**head)


def rows(path: Path) -> Iterator[tuple[str, Row]]:
    """Every row, in the order in which it was written; for a file that was checked."""
    with path.open("rb") as file:
        for line in file:
            read = _read(path, line)
            if isinstance(read, list):
                table, row = read
                yield table, {name: _heard(value) for name, value in row.items()}


def _read(path: Path, line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        raise BackupUnusable(f"{path.name}: not whole, or changed; take another copy of it") from None


def _told(value: Any) -> Any:
    return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def _heard(value: Any) -> Any:
    return base64.b64decode(value["base64"]) if isinstance(value, dict) else value
