"""The committed set of Avro schemas: one `RecordSchema` a record and version."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import fastavro

from referral_exchange.contract_files import SCHEMAS
from referral_exchange.shape import Check, checker

_FILE = re.compile(r"^(?P<record>[A-Z]\w+)\.v(?P<version>[1-9]\d*)\.avsc$")


@dataclass(frozen=True, slots=True)
class RecordSchema:
    """One version of one record: `text` is the file as committed, `parsed` what fastavro works with.

    `check` names the fault of a datum, or None: exact types and ids, at every depth.
    """

    family: str
    record: str
    version: int
    text: str
    parsed: Any
    check: Check

    @property
    def key(self) -> str:
        """`Record.vN`, as in the header `ce_type`."""
        return f"{self.record}.v{self.version}"

    @property
    def subject(self) -> str:
        """Registry subject: the record's full name."""
        return str(self.parsed["name"])

    @property
    def declared(self) -> dict[str, Any]:
        """The schema as committed, parsed from JSON anew."""
        loaded: dict[str, Any] = json.loads(self.text)
        return loaded


Catalog = Mapping[str, RecordSchema]
"""Every schema by its key `Record.vN`."""


def load_catalog(folder: Path = SCHEMAS) -> dict[str, RecordSchema]:
    """Every `*.vN.avsc` below `folder`, by key. Raises ValueError for a wrong or doubled name."""
    catalog: dict[str, RecordSchema] = {}
    for schema in (_load(path) for path in sorted(folder.glob("*/*.avsc"))):
        if schema.key in catalog:
            raise ValueError(
                f"{schema.key}: in {catalog[schema.key].family} and in {schema.family}; names are unique"
            )
        catalog[schema.key] = schema
    return catalog


@cache
def committed() -> dict[str, RecordSchema]:
    """The catalog of this distribution, read once."""
    return load_catalog()


def newest(catalog: Catalog) -> dict[str, RecordSchema]:
    """The highest version of each record, by record name."""
    ordered = sorted(catalog.values(), key=lambda schema: schema.version)
    return {schema.record: schema for schema in ordered}


def _load(path: Path) -> RecordSchema:
    match = _FILE.match(path.name)
    text = path.read_text(encoding="utf-8")
    declared = json.loads(text)
    if match is None or declared.get("name") != match["record"]:
        raise ValueError(f"{path.name}: a schema file is named Record.vN.avsc after the record it holds")
    return RecordSchema(
        family=path.parent.name,
        record=match["record"],
        version=int(match["version"]),
        text=text,
        parsed=fastavro.parse_schema(_uuid_as_text(declared)),
        check=checker(declared),
    )


def _uuid_as_text(node: Any) -> Any:
    """Ids stay text in memory: they are keys and JSON everywhere, and `UUID` objects cost time."""
    if isinstance(node, dict):
        return {k: _uuid_as_text(v) for k, v in node.items() if (k, v) != ("logicalType", "uuid")}
    return [_uuid_as_text(item) for item in node] if isinstance(node, list) else node
