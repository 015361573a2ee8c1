"""One random token a person of the agency system: it joins the ledger's evidence and names nobody."""

import os
from pathlib import Path

from participant_edge.own_memory import OwnMemory
from referral_exchange import ids


class SubjectTokens:
    """A file a person, named by a keyed fingerprint, encrypted under the edge's key, which lies elsewhere."""

    def __init__(self, folder: Path, memory: OwnMemory) -> None:
        """`folder` is the process's own."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._memory = memory

    def of(self, person: str) -> str:
        """The token of whom the agency system calls `person`, from the first time on the same.

        It is on disk before it is used: a crash in between must not give the person a second one.
        """
        name = self._memory.fingerprint(f"subject\n{person}".encode()).hex()
        path = self._folder / name
        if not path.exists():
            self._keep(path, self._memory.protect(ids.fresh().encode(), name))
        return self._memory.reveal(path.read_bytes(), name).decode()

    def _keep(self, path: Path, protected: bytes) -> None:
        aside = path.with_suffix(".new")
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(protected)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
