"""Shapes a span's values may have: ids, codes of closed lists, whole numbers. Text has no shape."""

import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, is_dataclass

from referral_exchange import events


@dataclass(frozen=True, slots=True)
class Shape:
    """What a value may be. `allows` answers for any object and never raises."""

    name: str
    allows: Callable[[object], bool]


def words(text: str) -> frozenset[str]:
    """The words of `text`, for long lists of codes."""
    return frozenset(text.split())


def in_both_forms(codes: Iterable[str]) -> frozenset[str]:
    """`codes` as on the wire (`in_progress`) and as pages and JSON show them (`in-progress`)."""
    return frozenset(form for code in codes for form in (code, code.replace("_", "-")))


def closed(name: str, codes: Iterable[str]) -> Shape:
    """One of `codes`, nothing else."""
    known = frozenset(codes)
    return Shape(name, lambda value: isinstance(value, str) and value in known)


def pattern(name: str, regex: str) -> Shape:
    """Text that `regex` matches from end to end."""
    matches = re.compile(regex, re.ASCII).fullmatch
    return Shape(name, lambda value: isinstance(value, str) and matches(value) is not None)


def whole_number(name: str, most: int) -> Shape:
    """An int from 0 to `most`; a bool is none."""
    return Shape(name, lambda value: type(value) is int and 0 <= value <= most)


def _every_field() -> frozenset[str]:
    modules = {sys.modules[kind.__module__] for kind in (*events.BY_RECORD.values(), events.SealedPart)}
    records = [kind for module in modules for kind in vars(module).values() if is_dataclass(kind)]
    return frozenset(field.name for record in records for field in fields(record))


def _field_path(value: object) -> bool:
    if not isinstance(value, str) or len(value) > 120:
        return False
    return all(part in _FIELDS for part in _INDEX.sub("", value).split("."))


_INDEX = re.compile(r"\[\d{1,6}\]", re.ASCII)
_FIELDS = _every_field()
_RECORDS = frozenset(key.split(".")[0] for key in events.BY_RECORD)
_SLUG = r"[a-z][a-z0-9_-]{1,62}"
_TOPIC = rf"(?:outbox|inbox)\.{_SLUG}|consents|directory|quarantine|referral-(?:records|progress)"
_ROUTE = r"/|(?:/(?:v\d{1,2}|[a-z][a-z-]{0,40}|\{[a-z_]{1,40}\}))+"

ID = pattern("a UUID", r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
COUNT = whole_number("a whole number", 2**63 - 1)
HTTP_STATUS = whole_number("an HTTP status", 599)
TOPIC = pattern("a topic", _TOPIC)
GROUP = pattern("a consumer group", rf"{_SLUG}\.edge|referral_router|status_board")
ROUTE = pattern("a route template, never a path", _ROUTE)
RECORD = closed("a record, with or without its version", [*_RECORDS, *events.BY_RECORD])
FIELD_PATH = Shape("a path of the contract's field names", _field_path)
CLASS_NAME = pattern("a class name", r"[A-Za-z_][A-Za-z0-9_]{0,63}")
PROCESS = pattern("a process", rf"[a-z][a-z_]{{1,40}}(?:\.{_SLUG})?")
