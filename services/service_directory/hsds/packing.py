"""HSDS 3 tables as CSV files in an archive, and services as pages of JSON."""

import csv
import io
import zipfile
from collections.abc import Sequence
from typing import Any

from service_directory.hsds.scrub import formula
from service_directory.hsds.writing import COLUMNS, Out, nested

_DAY_ONE = (1980, 1, 1, 0, 0, 0)
"""The same listings pack to the same bytes."""


def archive(out: Out) -> bytes:
    """One CSV file a table, UTF-8, every column in its head even where no row has it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as files:
        for table, columns in COLUMNS.items():
            text = io.StringIO(newline="")
            writer = csv.writer(text, lineterminator="\r\n")
            writer.writerow(columns)
            for row in out[table]:
                writer.writerow([_cell(row.get(column, "")) for column in columns])
            files.writestr(zipfile.ZipInfo(f"{table}.csv", _DAY_ONE), text.getvalue().encode())
    return packed.getvalue()


def page(out: Out, number: int, size: int) -> dict[str, Any]:
    """Page `number` (from 1) of the services, as the HSDS API answers a list."""
    found: Sequence[dict[str, object]] = list(nested(out))
    pages = max(1, -(-len(found) // size))
    shown = found[(number - 1) * size : number * size]
    return {
        "total_items": len(found),
        "total_pages": pages,
        "page_number": number,
        "size": len(shown),
        "first_page": number == 1,
        "last_page": number >= pages,
        "empty": not shown,
        "contents": shown,
    }


def _cell(text: str) -> str:
    # Nothing listed begins so; a spreadsheet must not run what slipped through all the same.
    return f"'{text}" if formula(text) else text
