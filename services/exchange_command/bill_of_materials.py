"""`python -m exchange_command.bill_of_materials LOCK FILE`: what the exchange is made of, as CycloneDX 1.6.

From the lock and the pinned lists alone, so that two people who have the same commit write the same bytes:
no time, no address of a package index, nothing of the machine.
"""

import json
import re
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from exchange_command import artefacts
from exchange_command.artefacts import Artefact
from exchange_command.problem import Problem
from referral_exchange.contract_files import DEPLOY

NAME, VERSION = "referral-exchange", "0.1.0"
_ROOT = f"pkg:pypi/{NAME}@{VERSION}"
_SPACE = uuid.UUID("5f0f2c2e-6f0f-5d3e-9a58-0d7b3f8f6a11")
_PINNED = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_OF_PROJECT = re.compile(rf"{NAME} \(pyproject\.toml(?P<group>:[a-z]+)?\)")


class LockUnreadable(Problem):
    """A line of the lock pins no version with its SHA-256."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """One package of the lock: the SHA-256 of each file that may be installed, and who asks for it."""

    name: str
    version: str
    hashes: tuple[str, ...]
    via: tuple[str, ...]

    @property
    def purl(self) -> str:
        """Its package address, without an index."""
        return f"pkg:pypi/{self.name}@{quote(self.version)}"


def read_lock(text: str) -> tuple[Pinned, ...]:
    """The packages of a lock as `uv pip compile --generate-hashes` writes it. Raises LockUnreadable."""
    return tuple(_package(entry) for entry in re.split(r"\n(?=[A-Za-z0-9])", text.strip()))


def _package(entry: str) -> Pinned:
    pinned, hashes = _PINNED.match(entry), tuple(sorted(_HASH.findall(entry)))
    if pinned is None or not hashes:
        line = entry.splitlines()[0]
        raise LockUnreadable(f"the lock pins no file by its SHA-256 in {line!r}; run `make lock`")
    said = (line.strip(" #") for line in entry.splitlines() if line.lstrip().startswith("#"))
    via = tuple(asker for line in said if (asker := line.removeprefix("via").strip()))
    return Pinned(pinned["name"], pinned["version"], hashes, via)


def bill(lock: Sequence[Pinned], files: Sequence[Artefact]) -> dict[str, Any]:
    """The bill of materials of these packages and of the platform's files."""
    ours = _shipped(lock)
    packages = [_component(each, each.name in ours) for each in lock]
    jars = [_file(each) for each in files]
    found = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "bom-ref": _ROOT,
                "type": "application",
                "name": NAME,
                "version": VERSION,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
                "purl": _ROOT,
            },
            "properties": [
                {
                    "name": f"{NAME}:hashes",
                    "value": "one for each file of that version that may be installed",
                },
                {"name": "cdx:reproducible", "value": "true"},
            ],
        },
        "components": sorted(packages + jars, key=lambda each: str(each["bom-ref"])),
        "dependencies": _dependencies(lock, files),
    }
    return {**found, "serialNumber": f"urn:uuid:{uuid.uuid5(_SPACE, json.dumps(found, sort_keys=True))}"}


def as_text(found: Mapping[str, Any]) -> str:
    """The bill as it stands in a file."""
    return json.dumps(found, indent=2, sort_keys=True) + "\n"


def pinned_files(folder: Path = DEPLOY / "platform") -> tuple[Artefact, ...]:
    """Every file of every pinned list, once."""
    lists = sorted(folder.glob("*.jars"))
    return tuple(dict.fromkeys(each for path in lists for each in artefacts.read_list(path)))


def _component(package: Pinned, shipped: bool) -> dict[str, Any]:
    return {
        "bom-ref": package.purl,
        "type": "library",
        "name": package.name,
        "version": package.version,
        "purl": package.purl,
        # What only builds and tests it does not run where people's data is.
        "scope": "required" if shipped else "excluded",
        "hashes": [{"alg": "SHA-256", "content": each} for each in package.hashes],
    }


def _file(file: Artefact) -> dict[str, Any]:
    return {
        "bom-ref": _maven(file),
        "type": "library",
        "group": file.group,
        "name": file.name,
        "version": file.version,
        "purl": _maven(file),
        "scope": "required",
        "hashes": [{"alg": "SHA-256", "content": file.sha256}],
    }


def _maven(file: Artefact) -> str:
    told = {"classifier": file.classifier, "type": "" if file.packaging == "jar" else file.packaging}
    query = "&".join(f"{name}={quote(value)}" for name, value in told.items() if value)
    return f"pkg:maven/{file.group}/{file.name}@{quote(file.version)}{'?' + query if query else ''}"


def _shipped(lock: Sequence[Pinned]) -> set[str]:
    """The packages that a running exchange needs, not only those who build it."""
    found: set[str] = set()
    while new := {each.name for each in lock if each.name not in found and _asked(each, found)}:
        found |= new
    return found


def _asked(package: Pinned, known: set[str]) -> bool:
    return any(asker in known or _is_project(asker, runtime=True) for asker in package.via)


def _is_project(asker: str, *, runtime: bool) -> bool:
    match = _OF_PROJECT.fullmatch(asker)
    return match is not None and (match["group"] is None or not runtime)


def _dependencies(lock: Sequence[Pinned], files: Sequence[Artefact]) -> list[dict[str, Any]]:
    purls = {each.name: each.purl for each in lock}
    on: dict[str, set[str]] = {_ROOT: {_maven(each) for each in files}}
    for package in lock:
        for asker in package.via:
            of = _ROOT if _is_project(asker, runtime=False) else purls.get(asker)
            if of is not None:
                on.setdefault(of, set()).add(package.purl)
    return list(_edges(on))


def _edges(on: Mapping[str, set[str]]) -> Iterator[dict[str, Any]]:
    for purl in sorted(on):
        yield {"ref": purl, "dependsOn": sorted(on[purl])}


def main(argv: Sequence[str]) -> int:
    """Writes the file, and the folder it stands in."""
    lock, target = Path(argv[0]), Path(argv[1])
    try:
        text = as_text(bill(read_lock(lock.read_text(encoding="utf-8")), pinned_files()))
    except Problem as problem:
        print(f"bill of materials: {problem}", file=sys.stderr)
        return 1
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
