"""Who could see what: looks for every invented detail in all that each party was shown or stored."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from rich.table import Table

from exchange_command.demo.stories import Story

TOLD, SAW, STORED, NOTHING = "told", "opened", "FOUND", "-"
"""Told by the person; opened under consent; found where it must not be; nothing."""


@dataclass(frozen=True, slots=True)
class Party:
    """One party: `shown` is what its screens got, `kept` what stands in its files or topics."""

    title: str
    shown: bytes
    kept: bytes


@dataclass(frozen=True, slots=True)
class Row:
    """One detail of one story, and what each party had of it."""

    story: str
    what: str
    by_party: Mapping[str, str]


def look(stories: Sequence[Story], parties: Sequence[Party], senders: Mapping[str, str]) -> list[Row]:
    """A row a detail. `senders`: title of the party that the person told it to, by story key."""
    return [
        Row(story.title, what, {p.title: _had(p, detail, senders[story.key]) for p in parties})
        for story in stories
        for what, detail in story.details()
    ]


def _had(party: Party, detail: str, sender: str) -> str:
    if _found(detail, party.kept):
        return STORED
    if _found(detail, party.shown):
        return SAW
    return TOLD if party.title == sender else NOTHING


def _found(detail: str, haystack: bytes) -> bool:
    return any(form in haystack for form in disguises(detail))


def disguises(detail: str) -> Iterator[bytes]:
    """The detail as plain bytes, hex, and base64 at each of its three alignments."""
    plain = detail.encode()
    yield plain
    yield plain.hex().encode()
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + plain).rstrip(b"=")
        # The first and last characters mix with their neighbours; the middle is the detail alone.
        yield encoded[4 if shift else 0 : -1]


def files_below(*places: Path) -> bytes:
    """Every byte of every file below `places`; a file that goes while it is read counts as gone."""
    return b"\n".join(_bytes(file) for place in places for file in _files(place))


def _files(place: Path) -> list[Path]:
    return [place] if place.is_file() else sorted(p for p in place.rglob("*") if p.is_file())


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""


def picture(rows: Sequence[Row]) -> Table:
    """The table for the terminal: a block a person, a line a detail."""
    table = Table(title="Who could see what", title_justify="left", caption=_KEY, caption_justify="left")
    table.add_column("")
    for title in rows[0].by_party:
        table.add_column(title.split("-")[0])
    for story, details in groupby(rows, key=lambda row: row.story):
        table.add_section()
        table.add_row(f"[bold]{story}[/]")
        for row in details:
            table.add_row(f"  {row.what}", *(_styled(cell) for cell in row.by_party.values()))
    return table


_KEY = "told: by the person. opened: under consent. FOUND: where it must never be. -: nothing"


def _styled(cell: str) -> str:
    style = {NOTHING: "dim", SAW: "bold green", STORED: "bold red", TOLD: "cyan"}[cell]
    return f"[{style}]{cell}[/]"
