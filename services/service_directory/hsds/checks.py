"""Whether a row says what its table may hold: ids, dates, ages, languages, names. Pure."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from service_directory.findings import Finding
from service_directory.hsds.scrub import formula, place_in, unprintable
from service_directory.hsds.tables import TABLES, Row

LONGEST_NAME = 200
LONGEST_REGION = 60
STATUSES = ("active", "inactive", "defunct", "temporarily closed")
"""HSDS 3's own states of a service."""

OLDEST_AGE = 150
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")
_SKEW = timedelta(minutes=5)
_NAMES = {
    "organizations": ("name", "alternate_name"),
    "services": ("name", "alternate_name"),
    "service_areas": ("name",),
}
_DATES = {"services": ("assured_date",), "schedules": ("valid_from", "valid_to", "dtstart", "until")}


def row_faults(table: str, row: Row, now: datetime) -> Iterator[Finding]:
    """Everything that is wrong with one row by itself."""
    yield from _required(table, row)
    yield from _ids(table, row)
    for column in _NAMES.get(table, ()):
        yield from _name_faults(row, column)
    for column in _DATES.get(table, ()):
        if row[column] and as_date(row[column]) is None:
            yield row.place.error(column, "date", "this is no date", "write it as 2026-01-31")
    if table == "services":
        yield from _service_faults(row, now)
    if table == "schedules":
        yield from _order_faults(row)
    if table == "languages" and row["service_id"]:
        yield from _language_faults(row)


def as_date(text: str) -> date | None:
    """The day that an ISO 8601 date or time names; None where it is none."""
    moment = as_time(text)
    return moment.date() if moment else None


def as_time(text: str) -> datetime | None:
    """The moment that an ISO 8601 text names, UTC where it names no zone; None where it is none."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def region_fault(text: str) -> bool:
    """Whether `text` is no coarse region's name: a sentence, or one that tells a place."""
    return len(text) > LONGEST_REGION or place_in(text) is not None


def _required(table: str, row: Row) -> Iterator[Finding]:
    for column in TABLES[table].required:
        if not row[column]:
            yield row.place.error(column, "empty", "this may not be empty", "fill it in, as HSDS 3 asks")


def _ids(table: str, row: Row) -> Iterator[Finding]:
    for column in sorted(c for c in TABLES[table].kept if c == "id" or c.endswith("_id")):
        value = row[column]
        if value and not _ID.fullmatch(value):
            mend = "use letters, digits, - _ . : and at most 100 of them; HSDS 3 asks for a UUID"
            yield row.place.error(column, "id", "this cannot be an identifier", mend)
        elif value and column == "id" and not _UUID.fullmatch(value):
            yield row.place.note(column, "id", "this is no UUID", "HSDS 3 asks for a UUID; it was taken")


def _name_faults(row: Row, column: str) -> Iterator[Finding]:
    text = row[column]
    if formula(text):
        wrong = "a spreadsheet would run this as a formula"
        yield row.place.error(column, "formula", wrong, "begin it with a letter or a digit")
    if unprintable(text):
        yield row.place.error(column, "characters", "invisible characters stand here", "type the text anew")
    if len(text) > LONGEST_NAME:
        wrong = f"longer than {LONGEST_NAME} characters"
        yield from _too_long(row, column, wrong)
    elif kind := place_in(text):
        wrong = f"{kind} seems to stand here; places and contacts are never listed"
        yield row.place.error(column, "place", wrong, "leave it out of the name")


def _too_long(row: Row, column: str, wrong: str) -> Iterator[Finding]:
    # The description of an area often holds sentences; those are left out, not refused.
    if not row["service_id"]:
        yield row.place.error(column, "too-long", wrong, "shorten it")


def _service_faults(row: Row, now: datetime) -> Iterator[Finding]:
    if row["status"] and row["status"] not in STATUSES:
        mend = f"choose {', '.join(STATUSES)}"
        yield row.place.error("status", "unknown-code", "HSDS 3 knows no such status", mend)
    yield from _age_faults(row)
    assured, modified = as_date(row["assured_date"]), as_time(row["last_modified"])
    if assured and assured > (now + timedelta(days=1)).date():
        yield _future(row, "assured_date")
    if row["last_modified"] and modified is None:
        mend = "write it as 2026-01-31T10:00:00Z"
        yield row.place.error("last_modified", "date", "this is no date and time", mend)
    elif modified and modified > now + _SKEW:
        yield _future(row, "last_modified")


def _future(row: Row, column: str) -> Finding:
    return row.place.error(
        column, "future", "this lies in the future", "correct the date, or the clock it is from"
    )


def _age_faults(row: Row) -> Iterator[Finding]:
    ages = {}
    for column in ("minimum_age", "maximum_age"):
        if not row[column]:
            continue
        ages[column] = age(row[column])
        if ages[column] is None:
            yield row.place.error(column, "number", "this is no age in years", f"write 0 to {OLDEST_AGE}")
    least, most = ages.get("minimum_age"), ages.get("maximum_age")
    if least is not None and most is not None and least > most:
        wrong = "the least age is above the greatest"
        yield row.place.error("maximum_age", "contradiction", wrong, "swap or correct them")


def age(text: str) -> float | None:
    """An age in years from 0 to 150; None for anything else."""
    if not re.fullmatch(r"\d{1,3}(?:\.\d{1,3})?", text, re.ASCII):
        return None
    years = float(text)
    return years if years <= OLDEST_AGE else None


def _order_faults(row: Row) -> Iterator[Finding]:
    for first, last in (("valid_from", "valid_to"), ("dtstart", "until"), ("dtstart", "valid_to")):
        begins, ends = as_date(row[first]), as_date(row[last])
        if begins and ends and begins > ends:
            wrong = f"it ends before {first}"
            yield row.place.error(last, "contradiction", wrong, "correct one of the two dates")


def _language_faults(row: Row) -> Iterator[Finding]:
    if not _LANGUAGE.fullmatch(row["code"]):
        wrong = "a language needs its code" if not row["code"] else "this is no language code"
        yield row.place.error("code", "language", wrong, "write a BCP 47 tag such as es, tl or zh-Hant")
