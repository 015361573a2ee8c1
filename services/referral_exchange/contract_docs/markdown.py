"""Markdown tables, as the generated pages hold them."""

from collections.abc import Iterable, Sequence

MADE = "<!-- Made from schemas/ by `make generate`; do not edit. -->"
"""First line of every page that is made whole."""


def page(title: str, *pieces: str) -> str:
    """A page: title, then `pieces` with an empty line between two of them."""
    return "\n\n".join([MADE, f"# {title}", *(piece.strip("\n") for piece in pieces if piece)]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a bar inside a cell is escaped."""
    lines = [_row(head), _row(["---"] * len(head)), *(_row([_cell(text) for text in row]) for row in rows)]
    return "\n".join(lines)


def code(text: str) -> str:
    """`text` as code; empty stays empty."""
    return f"`{text}`" if text else ""


def codes(texts: Iterable[str]) -> str:
    """Several as code, separated by commas."""
    return ", ".join(code(text) for text in texts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
