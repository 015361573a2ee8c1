"""Which Idempotency-Keys were used, for what, and when first: the bridge's only memory."""

import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

_TABLE = """
CREATE TABLE IF NOT EXISTS command (
    command_id TEXT PRIMARY KEY,
    fingerprint BLOB NOT NULL,
    first_at TEXT NOT NULL
) WITHOUT ROWID
"""


class KeyReused(Exception):
    """This key was used before for something else. Use a new key for a new request."""


class CommandBook:
    """A small SQLite file of random ids, keyed fingerprints and times; no body, no key as it was sent."""

    def __init__(self, path: Path) -> None:
        """Opens or makes the file at `path`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        path.chmod(0o600)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute(_TABLE)

    def claim(self, command_id: str, fingerprint: bytes, now: datetime) -> datetime:
        """When this command was first asked. Raises KeyReused where it was another request."""
        with self._lock, closing(self._db.cursor()) as cursor:
            cursor.execute(
                "INSERT INTO command VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (command_id, fingerprint, now.astimezone(UTC).isoformat()),
            )
            cursor.execute("SELECT fingerprint, first_at FROM command WHERE command_id = ?", (command_id,))
            known, first_at = cursor.fetchone()
        if known != fingerprint:
            raise KeyReused
        return datetime.fromisoformat(first_at)

    def forget_before(self, moment: datetime) -> None:
        """Drops commands first asked before `moment`."""
        with self._lock:
            self._db.execute("DELETE FROM command WHERE first_at < ?", (moment.astimezone(UTC).isoformat(),))

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._db.close()
