"""Brings the pinned files into the cache, checked; a file that is there under its name is whole."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from time import sleep as pause

from exchange_command.artefacts import Artefact
from exchange_command.lock import only_one
from exchange_command.problem import Problem

THREADS = 8
_TRIES = 3
_PARTIAL = ".partial-"
_REQUEST_SECONDS = 60

Resolve = Callable[[Artefact, Path], Path]
"""Downloads an artefact into a folder of its own and returns the file."""

FileProgress = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
"""Opened with a file's name and size in bytes; the function it yields takes the bytes that arrived."""


class FetchFailed(Problem):
    """A file could not be had, or is not the pinned one. What arrived whole before is kept."""


def fetch(artefacts: Iterable[Artefact], folder: Path, resolve: Resolve) -> list[Path]:
    """Sees that every artefact stands in `folder` with its pinned hash; returns their paths in order.

    Safe to interrupt: a download becomes visible under its name only when whole and checked.
    Raises FetchFailed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with only_one(folder / ".lock", "another fetch into this cache"), ThreadPoolExecutor(THREADS) as pool:
        for left_over in folder.glob(f"{_PARTIAL}*"):
            shutil.rmtree(left_over, ignore_errors=True)
        return list(pool.map(lambda artefact: _fetch_one(artefact, folder, resolve), artefacts))


def is_whole(path: Path, sha256: str) -> bool:
    """Whether the file is there and has this SHA-256."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except FileNotFoundError:
        return False


def missing(artefacts: Sequence[Artefact], folder: Path) -> list[Artefact]:
    """The artefacts that `folder` lacks or holds damaged; reads every byte."""
    with ThreadPoolExecutor(THREADS) as pool:
        whole = pool.map(lambda artefact: is_whole(folder / artefact.file_name, artefact.sha256), artefacts)
        return [artefact for artefact, is_there in zip(artefacts, whole, strict=True) if not is_there]


def from_maven(progress: FileProgress) -> Resolve:
    """Downloads one artefact from jgo's own default repository, never what it depends on."""
    # Imported here: a warm start downloads nothing and need not load an HTTP stack for it.
    from jgo.maven import MavenContext, PythonResolver

    def resolve(artefact: Artefact, folder: Path) -> Path:
        resolver = PythonResolver(progress_callback=progress)
        context = MavenContext(resolver=resolver, repo_cache=folder, timeout=_REQUEST_SECONDS)
        component = context.project(artefact.group, artefact.name).at_version(artefact.version)
        found = component.artifact(classifier=artefact.classifier, packaging=artefact.packaging).resolve()
        return Path(found)

    return resolve


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """A folder beside the files, so that a rename is atomic; gone afterwards."""
    scratch = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=folder))
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _fetch_one(artefact: Artefact, folder: Path, resolve: Resolve) -> Path:
    target = folder / artefact.file_name
    if is_whole(target, artefact.sha256):
        return target
    for attempt in range(1, _TRIES + 1):
        with _scratch(folder) as scratch:
            try:
                arrived = resolve(artefact, scratch)
            # RuntimeError is how jgo says that the repository has no such file.
            except (OSError, RuntimeError) as error:
                if attempt == _TRIES:
                    raise FetchFailed(_unreachable(artefact, error)) from None
                pause(attempt)
                continue
            _accept(artefact, arrived, target)
            return target
    raise AssertionError("the last try returns or raises")


def _accept(artefact: Artefact, arrived: Path, target: Path) -> None:
    if not is_whole(arrived, artefact.sha256):
        raise FetchFailed(
            f"{artefact.file_name}: what arrived is not the pinned file (SHA-256 differs), so it was thrown "
            "away; if a proxy or mirror stands in between, mend it, then run `exchange up` again"
        )
    os.replace(arrived, target)


def _unreachable(artefact: Artefact, error: Exception) -> str:
    return (
        f"{artefact.file_name}: could not be fetched ({type(error).__name__}); check the network, then run "
        "`exchange up` again: what has arrived already is kept"
    )


def silent(name: str, size: int) -> AbstractContextManager[Callable[[int], None]]:
    """A FileProgress that shows nothing."""
    del name, size
    return nullcontext(lambda _count: None)
