"""A file is whole or not there, and its owner's alone."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from referral_exchange.whole_files import put, put_once

WRITERS = pytest.mark.parametrize("write", [put, put_once])
Write = Callable[[Path, bytes], None]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "made" / "sample.key"


@WRITERS
def test_what_was_written_stands_there_and_nothing_beside_it(write: Write, path: Path) -> None:
    write(path, b"invented \x00 bytes")
    assert path.read_bytes() == b"invented \x00 bytes"
    assert list(path.parent.iterdir()) == [path]


@WRITERS
def test_the_file_is_its_owners_alone_whatever_the_process_allows_others(write: Write, path: Path) -> None:
    before = os.umask(0)
    try:
        write(path, b"sample")
    finally:
        os.umask(before)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_new_one_replaces_what_stood_there_and_its_mode(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"old, and longer than the new one")
    path.chmod(0o644)
    put(path, b"new")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", 0o600)


def test_what_stands_there_is_left_where_it_is_to_be_put_once(path: Path) -> None:
    put_once(path, b"first")
    put_once(path, b"second")
    assert path.read_bytes() == b"first"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failure_leaves_the_old_file_and_no_other(
    step: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(path, b"old")
    _fails(monkeypatch, step)
    with pytest.raises(OSError, match="invented"):
        put(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("step", ["fsync", "link"])
def test_a_failure_to_put_once_leaves_nothing(step: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _fails(monkeypatch, step)
    with pytest.raises(OSError, match="invented"):
        put_once(path, b"new")
    assert list(path.parent.iterdir()) == []


def test_the_bytes_are_on_the_disk_before_the_name_is(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    for step in ("fsync", "replace"):
        monkeypatch.setattr(os, step, _noted(steps, step, getattr(os, step)))
    put(path, b"sample")
    assert steps == ["fsync", "replace"]


def test_of_several_at_once_one_stands_whole(path: Path) -> None:
    together = threading.Barrier(8)

    def write(letter: int) -> None:
        together.wait()
        put_once(path, bytes([letter]) * 4096)

    threads = [threading.Thread(target=write, args=(letter,)) for letter in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stands = path.read_bytes()
    assert (len(stands), len(set(stands))) == (4096, 1)
    assert list(path.parent.iterdir()) == [path]


def _fails(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def fail(*_: object) -> None:
        raise OSError("invented: no room")

    monkeypatch.setattr(os, step, fail)


def _noted(steps: list[str], step: str, really: Callable[..., None]) -> Callable[..., None]:
    def done(*given: object) -> None:
        steps.append(step)
        really(*given)

    return done
