"""Lints the contract: `python -m referral_exchange.schema_lint [FOLDER]`; exit 1 where a rule is broken."""

import json
import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import fastavro

from referral_exchange.compatibility import full_faults
from referral_exchange.contract_files import SCHEMAS
from referral_exchange.schema_rules import Fault, faults, kinds
from referral_exchange.topic_rules import defined_kinds, topic_faults
from referral_exchange.vocabulary import data_classes

_FILE = re.compile(r"^(?P<record>[A-Z][A-Za-z0-9]*)\.v(?P<version>[1-9]\d*)\.avsc$")


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault and its file, relative to the folder of the schemas."""

    file: str
    fault: Fault

    def __str__(self) -> str:
        """One line: file, rule, place, remedy."""
        return f"{self.file}: {self.fault.rule}: {self.fault.where}: {self.fault.remedy}"


@dataclass(frozen=True, slots=True)
class _Source:
    path: str
    family: str
    record: str
    version: int
    declared: dict[str, Any]


def lint(folder: Path = SCHEMAS) -> list[Finding]:
    """Every broken rule below `folder`, sorted by file. Reads files only; needs no registry."""
    sources, findings = _read(folder)
    classes = data_classes()
    for source in sources:
        broken = faults(source.family, source.declared, classes)
        findings += [Finding(source.path, fault) for fault in broken]
    findings += [*_version_findings(sources), *_name_findings(sources), *_topic_findings(folder, sources)]
    return sorted(findings, key=str)


def main(argv: Sequence[str]) -> int:
    """Prints one finding a line; 0 where there is none, else 1."""
    folder = Path(argv[0]) if argv else SCHEMAS
    findings = lint(folder)
    print("\n".join(map(str, findings)) or "the schemas keep every rule")
    return 1 if findings else 0


def _read(folder: Path) -> tuple[list[_Source], list[Finding]]:
    """The files that are valid Avro under a right name, and what is wrong with the others."""
    sources, findings = [], []
    for path in sorted(folder.glob("*/*.avsc")):
        shown = path.relative_to(folder).as_posix()
        declared, problem = _avro(path.read_text(encoding="utf-8"))
        match = _FILE.match(path.name)
        if declared is None:
            findings.append(Finding(shown, Fault("avro", "file", problem)))
        elif match is None or match["record"] != declared["name"]:
            findings.append(
                Finding(shown, Fault("file-name", "file", "name it Record.vN.avsc after its record"))
            )
        else:
            version = int(match["version"])
            sources.append(_Source(shown, path.parent.name, match["record"], version, declared))
    return sources, findings


def _avro(text: str) -> tuple[dict[str, Any] | None, str]:
    """The record schema in `text`, or None and why it is none."""
    try:
        declared = json.loads(text)
        fastavro.parse_schema(json.loads(text))
    except Exception as error:  # noqa: BLE001 - fastavro answers a bad schema with whatever it stumbles over
        return None, f"not an Avro schema: {type(error).__name__}: {error}"
    is_record = isinstance(declared, dict) and declared["type"] == "record"
    return (declared, "") if is_record else (None, "not an Avro record")


def _version_findings(sources: Sequence[_Source]) -> Iterator[Finding]:
    versions: dict[tuple[str, str], list[_Source]] = {}
    for source in sources:
        versions.setdefault((source.family, source.record), []).append(source)
    for found in versions.values():
        ordered = sorted(found, key=lambda source: source.version)
        if [source.version for source in ordered] != list(range(1, len(ordered) + 1)):
            yield Finding(ordered[-1].path, Fault("versions", "file", "versions run from 1 without a gap"))
        for older, newer in combinations(ordered, 2):
            for said in full_faults(older.declared, newer.declared):
                yield Finding(newer.path, Fault("compatible", f"with v{older.version}", said))


def _name_findings(sources: Sequence[_Source]) -> Iterator[Finding]:
    """A record's name is used once; a nested type of one name is the same wherever it is written out."""
    families: dict[str, str] = {}
    nested: dict[tuple[str, str], Any] = {}
    newest = {s.record: s.version for s in sorted(sources, key=lambda source: source.version)}
    for source in sources:
        if families.setdefault(source.record, source.family) != source.family:
            yield Finding(source.path, Fault("name-once", source.record, "another family has this record"))
        if source.version != newest[source.record]:
            continue
        for where, kind in kinds(source.declared, source.record):
            if not isinstance(kind, dict) or "name" not in kind or kind is source.declared:
                continue
            space = kind.get("namespace", source.family)
            if nested.setdefault((space, kind["name"]), kind) != kind:
                yield Finding(source.path, Fault("nested-same", where, f"another {kind['name']} differs"))


def _topic_findings(folder: Path, sources: Sequence[_Source]) -> Iterator[Finding]:
    files: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*/topic.toml")):
        try:
            files[path.parent.name] = tomllib.loads(path.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            yield Finding(f"{path.parent.name}/topic.toml", Fault("topic-form", "file", str(error)))
    for family in sorted({source.family for source in sources} | files.keys()):
        records = {source.record for source in sources if source.family == family}
        for fault in topic_faults(family, files.get(family), records, defined_kinds(files)):
            yield Finding(f"{family}/topic.toml", fault)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
