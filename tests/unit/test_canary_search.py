"""The search that ends a test session finds a person's text wherever and however it was written."""

import base64
import gzip
import hashlib
import html
import json
import os
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import cramjam
import pytest
from canary_patterns import Patterns
from canary_search import Search, in_files, in_folder
from people import everything

TEXT = "Planted Snapdragon & Zoë"
"""Not one of the session's own texts, or this file's tests would make the session fail."""

KIT = Path(__file__).resolve().parents[1] / "kit"


def _hash(name: str, said: str = TEXT) -> bytes:
    return hashlib.new(name, said.encode(), usedforsecurity=False).digest()


WRITINGS: dict[str, bytes] = {
    "in clear": TEXT.encode(),
    "in capitals": TEXT.upper().encode().replace("Ë".encode(), "ë".encode()),
    "in small letters": TEXT.lower().encode(),
    "in latin-1": TEXT.encode("latin-1"),
    "in UTF-16, little end first": TEXT.encode("utf-16-le"),
    "in UTF-16, big end first": TEXT.encode("utf-16-be"),
    "as JSON": json.dumps({"name": TEXT}).encode(),
    "as HTML": html.escape(TEXT).encode(),
    "in a URL": quote(TEXT).encode(),
    "in a form": quote_plus(TEXT).encode(),
    "in hex": TEXT.encode().hex().encode(),
    "in capital hex": TEXT.encode().hex().upper().encode(),
    **{f"in base64 after {n}": base64.b64encode(b"x" * n + TEXT.encode() + b"yy") for n in range(4)},
    "in base64 of a URL": base64.urlsafe_b64encode(b"??" + TEXT.encode()),
    "in base64 of UTF-16": base64.b64encode(b"x" + TEXT.encode("utf-16-le")),
    **{f"as {name}": _hash(name) for name in ("sha256", "sha1", "md5")},
    **{f"as {name} in hex": _hash(name).hex().encode() for name in ("sha256", "sha1", "md5")},
    "as a digest among other hex": b"ab" * 20 + _hash("md5").hex().encode() + b"0" * 30,
    "as sha256 in base64": base64.b64encode(_hash("sha256")),
    "as sha256 of small letters": _hash("sha256", TEXT.lower()),
}


def found_in(data: bytes) -> set[int]:
    search = Search(Patterns(["somebody else entirely", TEXT]))
    search.take("here", data)
    return {each.number for each in search.done().found}


@pytest.mark.parametrize("how", WRITINGS)
def test_a_text_is_found_however_it_is_written(how: str) -> None:
    assert found_in(b"before " + WRITINGS[how] + b" after") == {1}


@pytest.mark.parametrize("at", [0, 4096 - 10, 3 * 4096 - 1, 10_000])
def test_a_text_is_found_wherever_it_stands(at: int) -> None:
    search = Search(Patterns([TEXT]))
    search.take("here", os.urandom(at) + TEXT.encode() + os.urandom(9000))
    assert {each.at for each in search.done().found} <= {at // 4096 * 4096, max(0, at // 4096 - 1) * 4096}
    assert search.told.found


def test_what_is_alike_is_searched_once_and_what_differs_is_not_lost() -> None:
    search = Search(Patterns([TEXT]))
    for number in range(50):
        search.take(f"copy {number}", bytes(20_000))
    search.take("the last", bytes(20_000) + TEXT.encode())
    assert {each.place for each in search.done().found} == {"the last"}
    assert search.told.size > 51 * 20_000


def test_nothing_is_found_where_nothing_stands() -> None:
    assert found_in(os.urandom(200_000) + b"Snapdragon, planted & Zoe " * 100) == set()


def batch(codec: int, pack: Callable[[bytes], bytes], records: bytes) -> bytes:
    """A record batch as a broker keeps it; its checksum is not looked at."""
    packed = pack(records)
    head = struct.pack(">iBIhiqqqhii", 0, 2, 0, codec, 0, 0, 0, -1, -1, -1, 1)
    return struct.pack(">qi", 0, len(head) + len(packed)) + head + packed


def xerial(data: bytes) -> bytes:
    block = bytes(cramjam.snappy.compress_raw(data))
    return b"\x82SNAPPY\0" + struct.pack(">iii", 1, 1, len(block)) + block


CODECS: dict[str, tuple[int, Callable[[bytes], bytes]]] = {
    "nothing": (0, bytes),
    "gzip": (1, gzip.compress),
    "snappy": (2, lambda data: bytes(cramjam.snappy.compress_raw(data))),
    "snappy of Java": (2, xerial),
    "lz4": (3, lambda data: bytes(cramjam.lz4.compress(data))),
    "zstd": (4, lambda data: bytes(cramjam.zstd.compress(data))),
}
# Repeated, so that each codec has something to pack and the text does not stand in clear.
RECORDS = (b"a b c d e f g h " * 20 + b"Planted Snap") * 3 + TEXT.encode() * 2


@pytest.mark.parametrize("codec", CODECS)
def test_a_text_is_found_in_a_packed_batch_of_a_segment(codec: str, tmp_path: Path) -> None:
    other = batch(*CODECS["lz4"], b"somebody else, who is nobody")
    segment = tmp_path / "outbox.harbor-house-0" / "00000000000000000042.log"
    segment.parent.mkdir()
    segment.write_bytes(other + batch(*CODECS[codec], RECORDS) + bytes(1000))
    found = in_files([(segment, "a segment")], [TEXT]).found
    assert {each.place.split(" (")[0] for each in found} == {"a segment"}


def _database(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE t (x)")
        database.execute("INSERT INTO t VALUES (?)", [TEXT])
    database.close()


def _log_of_a_database(path: Path) -> None:
    database = sqlite3.connect(path.with_suffix(".db"))
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA wal_autocheckpoint=0")
    database.execute("CREATE TABLE t (x)")
    database.execute("INSERT INTO t VALUES (?)", [TEXT.encode("utf-16-le")])
    database.commit()
    path.write_bytes(path.with_name(f"{path.stem}.db-wal").read_bytes())
    database.close()


def _with_a_hole(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(50_000_000)
        file.seek(40_000_123)
        file.write(TEXT.encode())


FILES: dict[str, Callable[[Path], object]] = {
    "a log": lambda path: path.write_text(f"2026-03-02 INFO somebody: {TEXT!r}\n", encoding="utf-8"),
    "a packed log": lambda path: path.write_bytes(gzip.compress(b"x" * 5000 + TEXT.encode())),
    "a database": _database,
    "the log of a database": _log_of_a_database,
    "a file with a hole": _with_a_hole,
    "settings": lambda path: path.write_text(f'[service]\nname = "{TEXT}"\n', encoding="utf-8"),
    "spans": lambda path: path.write_text(json.dumps([{"tags": {"name": TEXT}}])),
    "the name of a file": lambda path: path.with_name(f"{TEXT}.txt").touch(),
    "the name of a folder": lambda path: (path.with_name(TEXT).mkdir(), (path.with_name(TEXT) / "x").touch()),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_text_is_found_in_every_kind_of_file(kind: str, tmp_path: Path) -> None:
    FILES[kind](tmp_path / "deep.txt")
    assert in_folder(tmp_path, [TEXT], workers=1).found


LEAVING = {
    "a file": "(tmp_path / 'left.bin').write_bytes(TEXT.encode().hex().encode())",
    "a temporary file": "open(tempfile.mkstemp(suffix='.left')[1], 'w').write(TEXT)",
    "what is printed": "print(TEXT)",
    "what is logged": "logging.getLogger('ngo_bridge.somewhere').debug('of %s', TEXT)",
}


def session(folder: Path, workers: int, *doing: str) -> subprocess.CompletedProcess[str]:
    """A test session of its own, whose one person is `TEXT`, with a test for each of `doing`."""
    told = f"import people\n\npytest_plugins = ['canary']\npeople.everything = lambda: ({TEXT!r},)\n"
    (folder / "conftest.py").write_text(told, encoding="utf-8")
    # Taken apart, so that what pytest compiles of it holds nothing.
    head = f"import logging, tempfile\n\nTEXT = ''.join({list(TEXT)!r})\n"
    tests = [f"\n\ndef test_{n}(tmp_path):\n    {each}\n" for n, each in enumerate(doing)]
    (folder / "test_inner.py").write_text(head + "".join(tests), encoding="utf-8")
    options = ["-q", "-n", str(workers), "--basetemp", str(folder / "base"), "."]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(KIT), *sys.path]), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("workers", [0, 1])
def test_a_session_that_leaves_a_text_fails_and_does_not_repeat_it(workers: int, tmp_path: Path) -> None:
    done = session(tmp_path, workers, *LEAVING.values())
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{len(LEAVING)} passed" in done.stdout
    places = {line.partition(" at ")[0] for line in done.stdout.splitlines() if ": text 0, " in line}
    assert {Path(place).suffix or Path(place).name for place in places} == {".bin", ".left", "captured"}
    assert TEXT not in done.stdout + done.stderr


def test_a_session_that_leaves_nothing_says_so(tmp_path: Path) -> None:
    done = session(tmp_path, 0, "print('nobody')")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\n0 hits of 1 texts of invented people in 1 files, " in done.stdout


def test_the_texts_of_the_invented_people_are_like_nothing_else() -> None:
    texts = everything()
    assert len(texts) > 25
    assert {text for text in texts if len(text) < 8} == set()
    assert {a for a in texts for b in texts if a != b and a.casefold() == b.casefold()} == set()
