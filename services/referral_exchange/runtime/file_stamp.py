"""Whether files were replaced, as seen without reading them."""

from collections.abc import Iterable
from pathlib import Path

Stamp = tuple[tuple[int, int, int], ...]
"""When each file was changed, in nanoseconds, its bytes and its inode."""


def stamp_of(paths: Iterable[Path]) -> Stamp:
    """Another one whenever a file of `paths` was replaced or written. Raises OSError."""
    seen = [path.stat() for path in paths]
    return tuple((each.st_mtime_ns, each.st_size, each.st_ino) for each in seen)
