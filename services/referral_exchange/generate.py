"""Writes the event classes from the schemas: `python -m referral_exchange.generate [--check]`."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from referral_exchange.catalog import Catalog, load_catalog, newest

_FOLDER = Path(__file__).resolve().parent / "events"
_SHARED = "shared"
_PLAIN = {
    "string": "str",
    "long": "int",
    "int": "int",
    "bytes": "bytes",
    "boolean": "bool",
    "double": "float",
    "null": "None",
}
_HEAD = '''"""{doc} Generated from schemas/ by `make generate`; do not edit."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal, NamedTuple, Self

'''


def render(catalog: Catalog) -> dict[str, str]:
    """Python source by module name: one a family, `shared`, and the package's `__init__`."""
    families: dict[str, list[dict[str, Any]]] = {}
    for schema in newest(catalog).values():
        declared = {**schema.declared, "key": schema.key}
        families.setdefault(schema.family.replace("-", "_"), []).append(declared)
    shared = {
        n["name"]: n for records in families.values() for r in records for n in _nested(r) if _is_shared(n)
    }
    sources = {_SHARED: _module("Records that several families hold.", list(shared.values()), set())}
    for family, records in sorted(families.items()):
        own = {n["name"]: n for r in records for n in _nested(r) if not _is_shared(n)}
        doc = f"Events of the family {family.replace('_', '-')}."
        sources[family] = _module(doc, [*own.values(), *records], set(shared))
    return {**sources, "__init__": _package(families, list(shared))}


def main(argv: list[str]) -> int:
    """Writes the modules; with `--check` only compares, and returns 1 when one is stale."""
    sources = {_FOLDER / f"{name}.py": _formatted(text) for name, text in render(load_catalog()).items()}
    current = {path: path.read_text(encoding="utf-8") for path in _FOLDER.glob("*.py")}
    if "--check" in argv:
        stale = sorted(p.name for p in sources.keys() | current.keys() if sources.get(p) != current.get(p))
        print(f"stale: {', '.join(stale)}; run `make generate`" if stale else "generated classes are current")
        return 1 if stale else 0
    _FOLDER.mkdir(exist_ok=True)
    for path in current.keys() - sources.keys():
        path.unlink()
    for path, text in sources.items():
        path.write_text(text, encoding="utf-8")
    return 0


def _formatted(text: str) -> str:
    ruff = [sys.executable, "-m", "ruff"]
    for arguments in (["check", "--fix-only", "--select", "F401,I,RUF022", "-"], ["format", "-"]):
        command = [*ruff, *arguments, "--quiet", "--stdin-filename", str(_FOLDER / "x.py")]
        text = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
    return text


def _nested(node: Any) -> Iterator[dict[str, Any]]:
    """Records inside `node`'s fields, innermost first."""
    for field in node.get("fields", []):
        for kind in _types(field["type"]):
            if isinstance(kind, dict) and kind.get("type") == "record":
                yield from _nested(kind)
                yield kind


def _types(kind: Any) -> Iterator[Any]:
    if isinstance(kind, list):
        for branch in kind:
            yield from _types(branch)
    elif isinstance(kind, dict) and kind.get("type") == "array":
        yield from _types(kind["items"])
    else:
        yield kind


def _is_shared(record: dict[str, Any]) -> bool:
    return record.get("namespace") == "referral_exchange"


def _module(doc: str, records: list[dict[str, Any]], shared: set[str]) -> str:
    imports = f"from referral_exchange.events.shared import {', '.join(sorted(shared))}\n" if shared else ""
    enums = {e["name"]: e for r in records for f in r["fields"] for e in _types(f["type"]) if _is_enum(e)}
    literals = "".join(f"{name} = Literal[{_symbols(enum)}]\n" for name, enum in enums.items())
    return _HEAD.format(doc=doc) + imports + "\n" + literals + "".join(_record(r) for r in records)


def _is_enum(kind: Any) -> bool:
    return isinstance(kind, dict) and kind.get("type") == "enum"


def _symbols(enum: dict[str, Any]) -> str:
    return ", ".join(repr(symbol) for symbol in enum["symbols"])


def _record(record: dict[str, Any]) -> str:
    # Required fields first is a rule of dataclasses; kw_only lifts it, so schema order is kept.
    silent = ", repr=False" if _is_sealed(record) else ""
    lines = ["", f"@dataclass(frozen=True, slots=True, kw_only=True{silent})", f"class {record['name']}:"]
    lines.append(f'    """{record["doc"]}"""\n')
    if "key" in record:
        lines.append(f'    RECORD: ClassVar[str] = "{record["key"]}"')
    if "data_class" in record:
        lines.append(f'    DATA_CLASS: ClassVar[str] = "{record["data_class"]}"')
    lines += [f"    {f['name']}: {_hint(f['type'])}{_default(f)}" for f in record["fields"]]
    lines += _to_datum(record) + _from_datum(record) + _unshown(record)
    return "\n".join(lines) + "\n"


def _is_sealed(record: dict[str, Any]) -> bool:
    """Whether a field of it is tagged so: about a person, or what opens what is."""
    return any(field.get("tag") == "sealed" for field in record["fields"])


def _unshown(record: dict[str, Any]) -> list[str]:
    """No log line, format, trace or failed assertion may show a sealed field in passing."""
    if not _is_sealed(record):
        return []
    name = record.get("key", record["name"])
    doc = '        """The name alone: what it holds is sealed."""'
    return ["", "    def __repr__(self) -> str:", doc, f'        return "{name}(sealed)"']


def _to_datum(record: dict[str, Any]) -> list[str]:
    pairs = [f'"{f["name"]}": {_out(f["type"], "self." + f["name"])}' for f in record["fields"]]
    head = ["", "    def to_datum(self) -> dict[str, Any]:"]
    return [*head, '        """The value as fastavro writes it."""', f"        return {{{', '.join(pairs)}}}"]


def _from_datum(record: dict[str, Any]) -> list[str]:
    pairs = [f"{f['name']}={_in(f['type'], _item(f))}" for f in record["fields"]]
    head = ["", "    @classmethod", "    def from_datum(cls, datum: dict[str, Any]) -> Self:"]
    return [*head, '        """The event that fastavro read."""', f"        return cls({', '.join(pairs)})"]


def _item(field: dict[str, Any]) -> str:
    return f'datum["{field["name"]}"]'


def _default(field: dict[str, Any]) -> str:
    if "default" not in field:
        return ""
    default = field["default"]
    return f" = field(default_factory={type(default).__name__})" if default == [] else f" = {default!r}"


def _hint(kind: Any) -> str:
    if isinstance(kind, list):
        return " | ".join(sorted((_hint(branch) for branch in kind), key=lambda hint: hint == "None"))
    if isinstance(kind, dict):
        if kind["type"] == "array":
            return f"list[{_hint(kind['items'])}]"
        if kind.get("logicalType", "").startswith("timestamp"):
            return "datetime"
        return str(kind["name"]) if kind["type"] in ("record", "enum") else _PLAIN[kind["type"]]
    return _PLAIN[kind]


def _out(kind: Any, value: str) -> str:
    return _mapped(kind, value, lambda _, held: f"{held}.to_datum()")


def _in(kind: Any, value: str) -> str:
    return _mapped(kind, value, lambda name, held: f"{name}.from_datum({held})")


def _mapped(kind: Any, value: str, change: Callable[[str, str], str]) -> str:
    """The expression that applies `change` to each record in `value`; `value` itself where it holds none."""
    if isinstance(kind, list):
        changed = _mapped(next(branch for branch in kind if branch != "null"), value, change)
        return value if changed == value else f"None if {value} is None else {changed}"
    if isinstance(kind, dict) and kind["type"] == "array":
        changed = _mapped(kind["items"], "item", change)
        return value if changed == "item" else f"[{changed} for item in {value}]"
    is_record = isinstance(kind, dict) and kind["type"] == "record"
    return change(kind["name"], value) if is_record else value


def _package(families: dict[str, list[dict[str, Any]]], shared: list[str]) -> str:
    names = {family: sorted(r["name"] for r in records) for family, records in sorted(families.items())}
    imports = [f"from referral_exchange.events.{f} import {', '.join(n)}" for f, n in names.items()]
    imports.append(f"from referral_exchange.events.shared import {', '.join(sorted(shared))}")
    flat = sorted(name for group in names.values() for name in group)
    exported = ", ".join(repr(name) for name in [*flat, *shared, "BY_RECORD", "Event"])
    return (
        '"""Every event class by name. Generated from schemas/ by `make generate`; do not edit."""\n\n'
        + "\n".join(imports)
        + f"\n\nEvent = {' | '.join(flat)}\n"
        + '"""Any record of the contract."""\n\n'
        + "BY_RECORD: dict[str, type[Event]] = {kind.RECORD: kind for kind in ("
        + ", ".join(flat)
        + ")}\n"
        + '"""Class by `Record.vN`."""\n\n'
        + f"__all__ = [{exported}]\n"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
