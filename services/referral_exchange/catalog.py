"""The committed set of Avro schemas: one `RecordSchema` a record and version."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import fastavro

from referral_exchange.contract_files import SCHEMAS

_FILE = re.compile(r"^(?P<record>[A-Z]\w+)\.v(?P<version>[1-9]\d*)\.avsc$")


@dataclass(frozen=True, slots=True)
class RecordSchema:
    """One version of one record: `text` is the file as committed, `parsed` what fastavro works with."""

    family: str
    record: str
    version: int
    text: str
    parsed: Any
    uuid_fields: tuple[str, ...]

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
    """Every `*.vN.avsc` below `folder`, by key. Raises ValueError for a file whose name and record differ."""
    schemas = (_load(path) for path in sorted(folder.glob("*/*.avsc")))
    return {schema.key: schema for schema in schemas}


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
        uuid_fields=tuple(_uuid_fields(declared)),
    )


def _uuid_as_text(node: Any) -> Any:
    """Ids stay text in memory: they are keys and JSON everywhere, and `UUID` objects cost time."""
    if isinstance(node, dict):
        return {k: _uuid_as_text(v) for k, v in node.items() if (k, v) != ("logicalType", "uuid")}
    return [_uuid_as_text(item) for item in node] if isinstance(node, list) else node


def _uuid_fields(declared: dict[str, Any]) -> Iterator[str]:
    for field in declared["fields"]:
        branches = field["type"] if isinstance(field["type"], list) else [field["type"]]
        if any(isinstance(b, dict) and b.get("logicalType") == "uuid" for b in branches):
            yield field["name"]
