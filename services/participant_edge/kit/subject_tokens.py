"""One random token a person of the agency system: it joins the ledger's evidence and names nobody."""

from pathlib import Path

from participant_edge.own_memory import OwnMemory
from referral_exchange import ids, whole_files


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
            whole_files.put_once(path, self._memory.protect(ids.fresh().encode(), name))
        return self._memory.reveal(path.read_bytes(), name).decode()
