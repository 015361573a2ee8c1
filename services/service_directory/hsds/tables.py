"""Which tables and columns of HSDS 3 are read at all. What is not named here is dropped while reading.

Places and contacts (addresses, phones, contacts, locations, coordinates, e-mails, web addresses) and free
text are named nowhere, so they can neither be stored nor published.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from service_directory.findings import Place


@dataclass(frozen=True, slots=True)
class Table:
    """`kept`: columns that are read; `required`: those that may not be empty."""

    kept: frozenset[str]
    required: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A row with its kept columns only; an empty cell is the empty text."""

    place: Place
    values: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        """The cell of `column`; empty where the row has none."""
        return self.values.get(column, "")


Rows = dict[str, list[Row]]
"""Rows by table."""

TABLES: Mapping[str, Table] = {
    "organizations": Table(frozenset({"id", "name", "alternate_name"}), ("id", "name")),
    "organization_identifiers": Table(
        frozenset({"id", "organization_id", "identifier_scheme", "identifier"}), ("id",)
    ),
    "services": Table(
        frozenset(
            {"id", "organization_id", "name", "alternate_name", "status", "minimum_age", "maximum_age"}
            | {"assured_date", "last_modified"}
        ),
        ("id", "organization_id", "name", "status"),
    ),
    "service_areas": Table(frozenset({"id", "service_id", "name"}), ("id",)),
    "languages": Table(frozenset({"id", "service_id", "name", "code"}), ("id",)),
    "schedules": Table(
        frozenset({"id", "service_id", "valid_from", "valid_to", "dtstart", "until"}),
        ("id",),
    ),
    "attributes": Table(
        frozenset({"id", "link_id", "link_entity", "taxonomy_term_id"}), ("id", "link_id", "taxonomy_term_id")
    ),
    "taxonomy_terms": Table(frozenset({"id", "code", "name", "taxonomy", "taxonomy_id"}), ("id", "name")),
    "taxonomies": Table(frozenset({"id", "name"}), ("id", "name")),
}
"""The tables that are read, by the name of their file."""

DROPPED = frozenset(
    {"accessibility", "addresses", "contacts", "cost_options", "funding", "locations", "metadata", "units"}
    | {"meta_table_descriptions", "phones", "programs", "required_documents", "service_at_locations"}
    | {"service_capacity", "service_capacities", "urls"}
)
"""Tables of HSDS 3 that are known and dropped unread: places, contacts, free text."""


def table_of(file: str) -> str | None:
    """The table that the file `<name>.csv` holds, in HSDS's plural or singular; None for no table of HSDS."""
    name = file.rsplit("/", 1)[-1].rsplit(".", 1)[0].lower()
    plurals = (name, f"{name}s", f"{name.removesuffix('y')}ies", f"{name}es")
    return next((known for known in plurals if known in TABLES or known in DROPPED), None)
