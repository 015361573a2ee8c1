"""Rows that stand twice, and rows that name one that does not exist. Pure."""

from collections.abc import Iterator, Mapping

from service_directory.findings import Finding
from service_directory.hsds.tables import Row, Rows

_WHOLE = frozenset({"organizations", "services", "taxonomy_terms", "taxonomies"})
_PARENTS: Mapping[str, tuple[str, str]] = {
    "organization_identifiers": ("organization_id", "organizations"),
    "service_areas": ("service_id", "services"),
    "languages": ("service_id", "services"),
    "schedules": ("service_id", "services"),
}
_ELSEWHERE = "correct it, or import the row it names in the same file"


def each_once(table: str, rows: list[Row]) -> tuple[list[Row], list[Finding]]:
    """The rows, each id once. JSON repeats an object where it is named: a repeat that agrees is no fault."""
    first: dict[tuple[str, ...], Row] = {}
    findings: list[Finding] = []
    for row in rows:
        key = (row["id"],) if table in _WHOLE or row.place.row.isdecimal() else (row["id"], *_parents(row))
        held = first.get(key)
        if held is None or not row["id"]:
            first[key if row["id"] else (row.place.file, row.place.row)] = row
        elif row.place.row.isdecimal() or not _agree(held, row):
            wrong = f"this identifier stands already in row {held.place.row} of {held.place.file}"
            findings.append(
                row.place.error("id", "id-twice", wrong, "give each row an identifier of its own")
            )
    return list(first.values()), findings


def dangling(rows: Rows, known: Mapping[str, frozenset[str]]) -> Iterator[tuple[str, Row, Finding]]:
    """Child rows whose parent stands nowhere. `known`: ids of organizations and services stored earlier."""
    here = {table: {row["id"] for row in rows.get(table, ())} | known[table] for table in known}
    for table, (column, parent) in _PARENTS.items():
        for row in rows.get(table, ()):
            if row[column] and row[column] not in here[parent]:
                yield table, row, _nowhere(row, column, parent)
    for row in rows.get("attributes", ()):
        if row["link_entity"].removesuffix("s") == "service" and row["link_id"] not in here["services"]:
            yield "attributes", row, _nowhere(row, "link_id", "services")


def _nowhere(row: Row, column: str, parent: str) -> Finding:
    return row.place.error(column, "dangling", f"no row of {parent} has this identifier", _ELSEWHERE)


def _parents(row: Row) -> tuple[str, ...]:
    return tuple(row[column] for column in ("service_id", "organization_id", "link_id"))


def _agree(one: Row, other: Row) -> bool:
    # A list shows less of an object than its own page: what only one of them has is no contradiction.
    both = one.values.keys() & other.values.keys()
    return all(one[c] == other[c] for c in both if one[c] and other[c])
