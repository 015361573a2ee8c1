"""One CSV table of HSDS 3, read strictly and scrubbed on the way."""

import csv
import io
from collections.abc import Iterator, Sequence

from service_directory.findings import Finding, Place
from service_directory.hsds.decoding import decoded
from service_directory.hsds.tables import DROPPED, TABLES, Row, table_of

MOST_ROWS = 50_000
"""Rows of one table."""

LONGEST_CELL = 20_000
"""Characters of one cell, read or not."""

_AGAIN = "export the file again from its source; nothing of it was taken"


def read(file: str, content: bytes) -> tuple[str | None, list[Row], list[Finding]]:
    """The table that `file` holds, its rows with kept columns only, and what is wrong with the file.

    A file that breaks off or cannot be read gives no row at all: half a table must not look like a whole one.
    """
    place, table = Place(file, "1"), table_of(file)
    if table is None:
        mend = f"rename it after its table, for example {', '.join(sorted(TABLES))}; or leave it out"
        return None, [], [place.note("", "unknown-file", "this is no table of HSDS 3; it was not read", mend)]
    if table in DROPPED:
        return table, [], [_dropped(place)]
    text = decoded(file, content)
    if isinstance(text, Finding):
        return table, [], [text]
    return table, *_rows(file, table, text)


def _dropped(place: Place) -> Finding:
    wrong = "this table is not read: places, contacts and free text are never kept"
    return place.note("", "not-kept", wrong, "nothing to do")


def _rows(file: str, table: str, text: str) -> tuple[list[Row], list[Finding]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = 1
    try:
        head = [name.strip().lower() for name in next(reader, [])]
        if wrong := list(_head_faults(Place(file, "1"), table, head)):
            return [], wrong
        rows: list[Row] = []
        findings = list(_unread(Place(file, "1"), table, head))
        for number, cells in enumerate(reader, start=2):
            if number - 1 > MOST_ROWS:
                return [], [_too_many(Place(file, str(number)))]
            fault = _cell_fault(Place(file, str(number)), head, cells)
            if fault is not None:
                findings.append(fault)
            elif any(cells):
                rows.append(_row(Place(file, str(number)), table, head, cells))
    except csv.Error:
        place = Place(file, str(number + 1))
        return [], [place.error("", "malformed", "the row breaks off or its quotes do not match", _AGAIN)]
    return rows, findings


def _head_faults(place: Place, table: str, head: Sequence[str]) -> Iterator[Finding]:
    if not any(head):
        yield place.error("", "empty", "the file is empty", _AGAIN)
        return
    if len(head) == 1 and any(mark in head[0] for mark in ";\t|"):
        yield place.error("", "separator", "the cells are not separated by commas", "separate them by commas")
        return
    for name in sorted({name for name in head if head.count(name) > 1}):
        shown = name if name in TABLES[table].kept else ""
        yield place.error(shown, "column-twice", "a column stands twice", "leave one of them out")
    for name in TABLES[table].required:
        if name not in head:
            yield place.error(name, "column-missing", "this column is missing", "add it, as HSDS 3 names it")


def _unread(place: Place, table: str, head: Sequence[str]) -> Iterator[Finding]:
    unread = sum(name not in TABLES[table].kept for name in head)
    if unread:
        wrong = f"{unread} columns were not read: places, contacts and free text are never kept"
        yield place.note("", "not-kept", wrong, "nothing to do")


def _cell_fault(place: Place, head: Sequence[str], cells: Sequence[str]) -> Finding | None:
    if cells and len(cells) != len(head):
        wrong = f"the row has {len(cells)} cells and the head {len(head)}"
        return place.error("", "half-row", wrong, "give every column a cell, an empty one where it has none")
    if any(len(cell) > LONGEST_CELL for cell in cells):
        return place.error("", "too-long", f"a cell is longer than {LONGEST_CELL} characters", "shorten it")
    return None


def _row(place: Place, table: str, head: Sequence[str], cells: Sequence[str]) -> Row:
    kept = TABLES[table].kept
    named = zip(head, cells, strict=True)
    return Row(place, {name: cell.strip() for name, cell in named if name in kept})


def _too_many(place: Place) -> Finding:
    return place.error("", "too-many", f"more than {MOST_ROWS} rows", "import it in pieces")
