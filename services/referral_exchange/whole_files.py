"""Files that are there whole or not at all: for their owner alone from the first byte on, and on the disk."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def put(path: Path, content: bytes) -> None:
    """Writes `path`, in place of one that stands there. A crash leaves the old file or the new one.

    Makes the folder where it is absent. Raises OSError, and then nothing of the new one is left.
    """
    with _aside(path, content) as aside:
        os.replace(aside, path)


def put_once(path: Path, content: bytes) -> None:
    """The same, where nothing stands there yet; of several at once the first one's stays. Raises OSError."""
    with _aside(path, content) as aside:
        try:
            os.link(aside, path)
        except FileExistsError:
            return


@contextmanager
def _aside(path: Path, content: bytes) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.", suffix=".new")
    aside = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield aside
    finally:
        aside.unlink(missing_ok=True)
