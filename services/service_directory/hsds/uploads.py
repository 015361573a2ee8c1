"""What is handed over for an import: one JSON or CSV file, or an archive of tables, within bounds."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping

from service_directory.findings import Finding, Place
from service_directory.hsds import csv_tables, json_tables
from service_directory.hsds.tables import Row, Rows

MOST_BYTES = 16 * 1024 * 1024
"""Of what is handed over."""

MOST_UNPACKED = 64 * 1024 * 1024
"""Bytes of all files of an archive together."""

MOST_FILES = 40

# What Python's zipfile raises for an archive that lies: RuntimeError where it is locked, the last three where
# its numbers point nowhere.
_DAMAGED = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    RuntimeError,
    NotImplementedError,
    EOFError,
    OSError,
    ValueError,
    struct.error,
    OverflowError,
)
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_UNSHOWN = re.compile(r"[^A-Za-z0-9_.-]")
_ARCHIVE = "(archive)"
_PACK = "pack the CSV tables again with an ordinary zip program, without passwords and folders in folders"


def read(name: str, content: bytes) -> tuple[Rows, list[Finding]]:
    """Rows by table, and what is wrong. `name` decides: `.json`, `.csv` or `.zip`."""
    name = shown(name)
    if len(content) > MOST_BYTES:
        wrong = f"more than {MOST_BYTES >> 20} MiB"
        return {}, [Place(name, "").error("", "too-large", wrong, "import it in pieces")]
    ending = name.rsplit(".", 1)[-1].lower()
    if ending == "json":
        return json_tables.read(name, content)
    if ending == "csv":
        return _tables({name: content})
    if ending == "zip":
        return _archive(content)
    mend = "hand over HSDS 3 as .json, as one .csv table, or as a .zip of tables"
    return {}, [Place(name, "").error("", "unknown-kind", "this kind of file is not read", mend)]


def shown(name: str) -> str:
    """A file's own name as a report may show it: no folders, no strange characters, not long."""
    own = name.replace("\\", "/").rsplit("/", 1)[-1]
    return _UNSHOWN.sub("_", own)[:80]


def _archive(content: bytes) -> tuple[Rows, list[Finding]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if fault := _bounds_fault(archive.infolist()):
                return {}, [fault]
            return _tables(dict(_unpacked(archive)))
    except _DAMAGED:
        wrong = "the archive is damaged, breaks off or is locked"
        return {}, [Place(_ARCHIVE, "").error("", "malformed", wrong, _PACK)]


def _bounds_fault(files: list[zipfile.ZipInfo]) -> Finding | None:
    if len(files) > MOST_FILES:
        return Place(_ARCHIVE, "").error("", "too-many", f"more than {MOST_FILES} files", _PACK)
    if sum(file.file_size for file in files) > MOST_UNPACKED:
        return _too_large()
    if any(file.compress_type not in _PACKINGS for file in files):
        return Place(_ARCHIVE, "").error("", "malformed", "packed in a way that is not read", _PACK)
    names = [shown(file.filename) for file in files if not file.is_dir()]
    if len(names) != len(set(names)):
        return Place(_ARCHIVE, "").error("", "file-twice", "two files have the same name", _PACK)
    return None


def _too_large() -> Finding:
    wrong = f"unpacks to more than {MOST_UNPACKED >> 20} MiB"
    return Place(_ARCHIVE, "").error("", "too-large", wrong, "import it in pieces")


def _unpacked(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    for file in archive.infolist():
        if not file.is_dir() and file.filename.lower().endswith(".csv"):
            # Read up to the size that the bounds were checked with; a file that goes on fails its checksum.
            yield shown(file.filename), archive.read(file)


def _tables(files: Mapping[str, bytes]) -> tuple[Rows, list[Finding]]:
    rows: Rows = {}
    findings: list[Finding] = []
    for name, content in sorted(files.items()):
        table, found, wrong = csv_tables.read(name, content)
        findings.extend(wrong)
        if table is not None and found:
            _add(rows, table, found)
    if not files:
        wrong_archive = "no CSV table stands in the archive"
        findings.append(Place(_ARCHIVE, "").error("", "empty", wrong_archive, _PACK))
    return rows, findings


def _add(rows: Rows, table: str, found: list[Row]) -> None:
    rows.setdefault(table, []).extend(found)
