"""How far a connector has read its agency system: one small file, replaced whole."""

import json
from pathlib import Path

from referral_exchange import whole_files


class CursorFile:
    """`<data>/cursor.json`. A crash leaves the old cursor or the new one; an old one only repeats work."""

    def __init__(self, folder: Path) -> None:
        """`folder` is the process's own."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = folder / "cursor.json"

    def read(self) -> str:
        """The cursor; empty where nothing was read yet."""
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return ""
        return str(found["cursor"])

    def write(self, cursor: str) -> None:
        """Remembers it."""
        whole_files.put(self._path, json.dumps({"cursor": cursor}).encode())
