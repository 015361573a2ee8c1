"""Writes the ledger's log of evidence as a file that `deploy/verify_evidence.py` checks."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

FORMAT = "referral-exchange-evidence/1"
AT_ONCE = 2000
"""Leaves that the ledger answers at once, at most."""

Ask = Callable[[str, Mapping[str, Any]], dict[str, Any]]
"""GET at the ledger, as the operator: path and query in, JSON out."""


def write(path: Path, ask: Ask, told: Callable[[int, int], None] = lambda done, of: None) -> int:
    """Writes every leaf of the log as it stands to `path`; returns how many. `told` hears how far it is.

    A crash leaves the file that stood there, or the new one. Raises what `ask` raises, OSError.
    """
    newest = ask("/v1/evidence/checkpoint", {})
    aside = path.with_name(f"{path.name}.new")
    with aside.open("w", encoding="utf-8") as file:
        for line in _lines(ask, newest, told):
            file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(aside, path)
    return int(newest["size"])


def _lines(ask: Ask, newest: Mapping[str, Any], told: Callable[[int, int], None]) -> Iterator[dict[str, Any]]:
    size, note = int(newest["size"]), newest["checkpoint"]
    yield {"format": FORMAT, "public_key": newest["public_key"]}
    for first in range(0, size, AT_ONCE):
        page = ask("/v1/evidence/leaves", {"first": first, "below": min(size, first + AT_ONCE)})
        yield from _page(first, page, newest)
        told(first + len(page["leaves"]), size)
    yield {"checkpoint": note}


def _page(first: int, page: Mapping[str, Any], newest: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    openings = {each["number"]: {n: each[n] for n in ("salt", "facts")} for each in page["openings"]}
    notes = {size_of(note): note for note in page["checkpoints"] if signed_alike(note, newest["checkpoint"])}
    for number, leaf in enumerate(page["leaves"], start=first):
        opening = {"opening": openings[number]} if number in openings else {}
        yield {"leaf": leaf, **opening}
        if number + 1 in notes and number + 1 < newest["size"]:
            yield {"checkpoint": notes[number + 1]}


def read(text: str) -> dict[str, Any]:
    """An object of JSON."""
    found: dict[str, Any] = json.loads(text)
    return found


def size_of(note: str) -> int:
    """How many leaves a checkpoint is of."""
    return int(note.split("\n")[1])


def signed_alike(note: str, newest: str) -> bool:
    """Whether the same key signed both: one that was replaced since would need a key from elsewhere.

    The name and the first four bytes of a signature say whose it is.
    """
    return _signer(note) == _signer(newest)


def _signer(note: str) -> str:
    # Four bytes are the first five characters of base64 and a part of the sixth.
    name, _, signature = note.rstrip("\n").rpartition("\n")[2].rpartition(" ")
    return f"{name} {signature[:5]}"
