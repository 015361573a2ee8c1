"""The page `CHANGELOG.md`: what each version of a record added, and every record's first version."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from referral_exchange.catalog import RecordSchema
from referral_exchange.contract_docs.contract import Contract
from referral_exchange.contract_docs.markdown import code, codes, page, table

_ABOUT = """From the schemas themselves. A version that stands is never edited, so what changed is the
difference between two files. Every version reads every other (`FULL_TRANSITIVE`): a reader of v1 skips what
v2 added, a reader of v2 fills in the default. Readers are deployed before writers."""


def changelog_page(contract: Contract) -> str:
    """`CHANGELOG.md`."""
    versions = contract.versions()
    changed = [piece for record in versions.values() for piece in _changes(record)]
    return page(
        "Changes of the schemas",
        _ABOUT,
        "## Later versions",
        *(changed or ["None yet."]),
        "## First versions",
        table(("family", "records"), _firsts(versions)),
    )


def differences(old: Mapping[str, Any], new: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Each difference of two records in one line: fields and symbols that came and went, at any depth."""
    before, after = _fields(old), _fields(new)
    for name in after.keys() - before.keys():
        field = after[name]
        yield f"added {code(path + name)} (default {code(_default(field))}): {field['doc']}"
    for name in before.keys() - after.keys():
        yield f"removed {code(path + name)}"
    for name in before.keys() & after.keys():
        yield from _within(before[name]["type"], after[name]["type"], f"{path}{name}")


def _within(old: Any, new: Any, path: str) -> Iterator[str]:
    old_kind, new_kind = _inner(old), _inner(new)
    if isinstance(old_kind, dict) and isinstance(new_kind, dict):
        if new_kind.get("type") == "record":
            yield from differences(old_kind, new_kind, f"{path}.")
        elif new_kind.get("type") == "enum":
            yield from _symbols(old_kind["symbols"], new_kind["symbols"], path)


def _symbols(old: list[str], new: list[str], path: str) -> Iterator[str]:
    added = [symbol for symbol in new if symbol not in old]
    removed = [symbol for symbol in old if symbol not in new]
    if added:
        yield f"{code(path)} may also be {codes(added)}; an older reader sees `unspecified`"
    if removed:
        yield f"{code(path)} is no longer {codes(removed)}"


def _inner(kind: Any) -> Any:
    """What an optional or an array holds."""
    if isinstance(kind, list):
        return _inner(next(branch for branch in kind if branch != "null"))
    return _inner(kind["items"]) if isinstance(kind, dict) and kind.get("type") == "array" else kind


def _fields(record: Mapping[str, Any]) -> dict[str, Any]:
    return {field["name"]: field for field in record["fields"]}


def _default(field: Mapping[str, Any]) -> str:
    value = field.get("default")
    return "null" if value is None else '""' if value == "" else str(value)


def _changes(versions: list[RecordSchema]) -> Iterator[str]:
    for old, new in pairwise(versions):
        lines = sorted(differences(old.declared, new.declared)) or ["words of the documentation only"]
        yield "\n".join([f"### {new.key} after v{old.version}", "", *(f"- {line}" for line in lines)])


def _firsts(versions: Mapping[str, list[RecordSchema]]) -> Iterator[tuple[str, str]]:
    families: dict[str, list[str]] = {}
    for record in versions.values():
        families.setdefault(record[0].family, []).append(record[0].key)
    return ((code(family), codes(keys)) for family, keys in sorted(families.items()))
