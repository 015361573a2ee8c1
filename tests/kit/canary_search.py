"""Searches files for texts that stand for a person, whatever they are written in.

Files of a test session are much alike, so every window of a file is searched only once, wherever it stands.
"""

import json
import os
import stat
import subprocess
import sys
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

from canary_files import contents
from canary_patterns import Patterns, plain

_STRIDE = 4096
_OVERLAP = 256
"""Bytes; longer than any writing of any text, so that each stands whole in some window."""

_BETWEEN = b"\xff\xff"
_BUFFER = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Found:
    """Where a text stands: which one by its number, never itself. `at` is the window's offset in bytes."""

    place: str
    at: int
    writing: str
    number: int


@dataclass
class Searched:
    """What one search looked at, and what it found."""

    files: int = 0
    size: int = 0
    unreadable: int = 0
    found: list[Found] = field(default_factory=list)


class Search:
    """Takes contents one after another; `done` tells what was found in them."""

    def __init__(self, patterns: Patterns) -> None:
        self.told = Searched()
        self._patterns = patterns
        self._seen: set[bytes] = set()
        self._windows: list[bytes] = []
        self._starts: list[int] = []
        self._places: list[tuple[str, int]] = []
        self._size = 0

    def take(self, place: str, data: bytes) -> None:
        """`data`, which stands at `place`."""
        self.told.size += len(data)
        for at in range(0, len(data), _STRIDE):
            window = data[at : at + _STRIDE + _OVERLAP]
            if window in self._seen:
                continue
            self._seen.add(window)
            searched = plain(window)
            self._starts.append(self._size)
            self._places.append((place, at))
            self._windows.append(searched)
            self._size += len(searched) + len(_BETWEEN)
        if self._size > _BUFFER:
            self._look()

    def take_file(self, path: Path, place: str) -> None:
        """The file at `path`, its name, and what is packed in it."""
        try:
            for how, data in contents(path):
                self.take(f"{place} ({how})" if how else place, data)
        except OSError:
            self.told.unreadable += 1
            return
        self.told.files += 1

    def done(self) -> Searched:
        """Everything that was taken is searched now."""
        self._look()
        return self.told

    def _look(self) -> None:
        buffer = _BETWEEN.join(self._windows)
        for hit in self._patterns.search(buffer):
            place, at = self._places[bisect_right(self._starts, hit.at) - 1]
            self.told.found.append(Found(place, at, hit.writing, hit.number))
        self._windows, self._starts, self._places, self._size = [], [], [], 0


def in_files(places: Iterable[tuple[Path, str]], texts: Iterable[str]) -> Searched:
    """Searches each file, and its name, for `texts`."""
    search = Search(Patterns(texts))
    for path, place in places:
        search.take_file(path, place)
        search.take(f"the name of {place}", place.encode())
    return search.done()


def files_below(folder: Path) -> Iterator[Path]:
    """Every regular file, links not followed."""
    for path, _, names in os.walk(folder):
        for name in names:
            found = os.path.join(path, name)
            if stat.S_ISREG(os.lstat(found).st_mode):
                yield Path(found)


def in_folder(folder: Path, texts: Iterable[str], workers: int = 2) -> Searched:
    """Searches every file below `folder`, in so many processes."""
    places = [(str(path), str(path.relative_to(folder))) for path in files_below(folder)]
    shares = [json.dumps({"texts": list(texts), "places": places[n::workers]}) for n in range(workers)]
    with ThreadPoolExecutor(workers) as pool:
        answers = [Searched(**json.loads(answer)) for answer in pool.map(_elsewhere, shares)]
    return Searched(
        files=sum(each.files for each in answers),
        size=sum(each.size for each in answers),
        unreadable=sum(each.unreadable for each in answers),
        found=[Found(*found.values()) for each in answers for found in each.found],  # type: ignore[attr-defined]
    )


def _elsewhere(share: str) -> str:
    command = [sys.executable, str(Path(__file__))]
    return subprocess.run(command, input=share, stdout=subprocess.PIPE, text=True, check=True).stdout


def main() -> int:
    """One search among several: its share of the files comes in as JSON, what it found goes out as JSON."""
    asked = json.load(sys.stdin)
    places = [(Path(path), place) for path, place in asked["places"]]
    json.dump(asdict(in_files(places, asked["texts"])), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
