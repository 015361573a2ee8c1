"""What every document is made from: schemas, topics and examples, read once."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from referral_exchange.catalog import Catalog, RecordSchema, load_catalog
from referral_exchange.contract_files import SCHEMAS
from referral_exchange.topics import TopicKind, load_topics

PARTICIPANT = "<participant>"
"""Stands in a topic's name, and among writers and readers, for the participant it belongs to."""

EVERYONE = "*"
"""Among readers: whoever takes part."""


@dataclass(frozen=True, slots=True)
class Example:
    """One passing example: its name says what it shows."""

    name: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Contract:
    """Schemas by `Record.vN`, topics by kind, passing examples by `Record.vN`."""

    folder: Path
    catalog: Catalog
    topics: Mapping[str, TopicKind]
    examples: Mapping[str, tuple[Example, ...]]

    def kinds_of(self, schema: RecordSchema) -> tuple[str, ...]:
        """The topics that may carry the record, in the order of their names; none: it travels sealed."""
        return tuple(sorted(kind for kind, topic in self.topics.items() if schema.record in topic.events))

    def on_topics(self) -> Iterator[RecordSchema]:
        """Every schema that a topic may carry, by family, record and version."""
        found = (schema for schema in self.catalog.values() if self.kinds_of(schema))
        yield from sorted(found, key=lambda schema: (schema.family, schema.record, schema.version))

    def versions(self) -> dict[str, list[RecordSchema]]:
        """The versions of each record, oldest first, by record name."""
        grouped: dict[str, list[RecordSchema]] = {}
        for schema in sorted(self.catalog.values(), key=lambda s: (s.family, s.record, s.version)):
            grouped.setdefault(schema.record, []).append(schema)
        return grouped


def load(folder: Path = SCHEMAS) -> Contract:
    """The contract in `folder`. Raises ValueError where it is not whole."""
    catalog = load_catalog(folder)
    return Contract(folder, catalog, load_topics(folder), {key: _examples(folder, key) for key in catalog})


def schema_file(schema: RecordSchema) -> str:
    """Where the schema stands, relative to the folder of the schemas."""
    return f"{schema.family}/{schema.key}.avsc"


def _examples(folder: Path, key: str) -> tuple[Example, ...]:
    suffix = ".pass.json"
    return tuple(
        Example(
            path.name.removeprefix(f"{key}.").removesuffix(suffix),
            json.loads(path.read_text(encoding="utf-8")),
        )
        for path in sorted(folder.glob(f"*/examples/{key}.*{suffix}"))
    )
