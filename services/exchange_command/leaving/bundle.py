"""A ZIP of JSON lines with a list of what is in it; for its owner alone, there whole or not at all."""

import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

FORMAT = "referral-exchange-export/1"

Row = Mapping[str, Any]
"""One line: plain values only."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of the bundle. `sha256`: of its bytes, in hexadecimal digits."""

    name: str
    says: str
    rows: int
    sha256: str


@dataclass(slots=True)
class Bundle:
    """A bundle that is being filled. `absent`: what should be in it and is not, with why."""

    archive: zipfile.ZipFile
    files: list[Kept] = field(default_factory=list)
    absent: list[dict[str, str]] = field(default_factory=list)

    def lines(self, name: str, says: str, rows: Iterable[Row]) -> None:
        """Adds `name`: a JSON object a line, as they come."""
        digest, count = hashlib.sha256(), 0
        with self.archive.open(name, "w") as file:
            for row in rows:
                line = json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
                digest.update(line)
                file.write(line)
                count += 1
        self.files.append(Kept(name, says, count, digest.hexdigest()))

    def copy(self, name: str, says: str, path: Path) -> None:
        """Adds a file as it stands."""
        content = path.read_bytes()
        self.archive.writestr(name, content)
        self.files.append(Kept(name, says, content.count(b"\n"), hashlib.sha256(content).hexdigest()))

    def lacks(self, what: str, why: str) -> None:
        """Notes what could not be had."""
        self.absent.append({"what": what, "why": why})

    def close(self, told: Row, left_out: Iterable[str]) -> None:
        """Adds `manifest.json` and `README.txt`, and ends the archive."""
        manifest = {
            "format": FORMAT,
            **told,
            "files": [asdict(kept) for kept in self.files],
            "absent": self.absent,
            "not_in_it": list(left_out),
        }
        self.archive.writestr("manifest.json", json.dumps(manifest, ensure_ascii=False, indent=2) + "\n")
        self.archive.writestr("README.txt", self._read_me(told, left_out))
        self.archive.close()

    def _read_me(self, told: Row, left_out: Iterable[str]) -> str:
        lines = [
            f"Export of {told['participant']} from the referral exchange, {told['made_at']}",
            "",
            "Each .jsonl file holds one JSON object a line, UTF-8. Times are ISO 8601, UTC; bytes base64.",
            "manifest.json lists every file with its lines and its SHA-256.",
            "",
            *(f"{kept.name}: {kept.says} ({kept.rows})" for kept in self.files),
            "",
            "Could not be had:",
            *([f"- {each['what']}: {each['why']}" for each in self.absent] or ["- nothing"]),
            "",
            "Not in it, on purpose:",
            *(f"- {each}" for each in left_out),
        ]
        return "\n".join(lines) + "\n"


class Writing:
    """Writes a bundle beside `path` and puts it there once it is whole. Raises OSError."""

    def __init__(self, path: Path) -> None:
        """`path`: replaced, where something stands there."""
        self._path = path

    def __enter__(self) -> Bundle:
        """Mode 0600 from the first byte on."""
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=f"{self._path.name}.", suffix=".new")
        self._aside = Path(name)
        self._file: IO[bytes] = os.fdopen(handle, "w+b")
        self._archive = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED)
        return Bundle(self._archive)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Nothing is left of a bundle that was not finished."""
        try:
            self._archive.close()
            if kind is None:
                self._file.flush()
                os.fsync(self._file.fileno())
                os.replace(self._aside, self._path)
        finally:
            self._file.close()
            self._aside.unlink(missing_ok=True)
