"""What makes two commands the same: everything their caller said, in one fixed form."""

import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import datetime
from typing import Any


def canonical(verb: str, said: Mapping[str, Any]) -> bytes:
    """The bytes to fingerprint. They hold personal data: never store them, never hash them without a key."""
    return json.dumps([verb, said], sort_keys=True, default=_plain).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if is_dataclass(value) and not isinstance(value, type):
        return [type(value).__name__, asdict(value)]
    raise TypeError("a command holds texts, numbers, times, bytes and records only")
