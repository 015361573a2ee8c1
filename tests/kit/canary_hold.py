"""Keeps what a test is about to delete until it was searched, in the session's own folder."""

import os
import shutil
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path

_ALL_TRACES = "/zipkin/api/v2/traces?limit=100000&lookback=86400000"

VARIABLE = "CANARY_HELD"
"""Names the folder, for every process of the session; unset where nothing is searched at the end."""

# Every schema of ours: an edge may keep one for each office.
TABLES = """
SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables
WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
"""


def segments(kafka: Path) -> None:
    """Hard links to the segments of a broker whose topics go away; what it still writes is in them too."""
    for folder, _, names in os.walk(kafka):
        for name in names:
            # In a folder of its own: what packs its batches is known by its whole name.
            if name.endswith(".log") and name[:-4].isdecimal():
                _link(Path(folder, name))


def _link(segment: Path) -> None:
    if (place := _place(segment.parent.name)) is None:
        return
    place.mkdir()
    try:
        os.link(segment, place / segment.name)
    except FileNotFoundError:
        # The broker deleted it in this moment, as it does with what was deleted a minute ago.
        place.rmdir()


def rows(execute: Callable[[str], list[tuple[object, ...]]]) -> None:
    """Every row of a PostgreSQL database that is dropped. `execute`: one statement there."""
    if (place := _place("rows")) is None:
        return
    with place.open("a", encoding="utf-8") as kept:
        for (table,) in execute(TABLES):
            for (row,) in execute(f"SELECT row_to_json(r)::text FROM {table} r"):
                kept.write(f"{table} {row}\n")


def file(path: Path) -> None:
    """A copy of `path`."""
    if (place := _place(path.name)) is not None and path.is_file():
        shutil.copyfile(path, place)


def spans(trace_page: str) -> None:
    """Every span that the trace page at this address holds in its memory, where one is up."""
    if (place := _place("spans.json")) is None:
        return
    try:
        with urllib.request.urlopen(f"{trace_page}{_ALL_TRACES}", timeout=30) as answer:
            place.write_bytes(answer.read())
    except OSError:
        # Most tests start no trace page.
        return


def _place(name: str) -> Path | None:
    folder = os.environ.get(VARIABLE)
    return Path(folder) / f"{uuid.uuid4().hex[:12]}+{name}" if folder else None
