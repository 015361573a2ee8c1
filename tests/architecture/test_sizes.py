"""Sizes of `style.md`: modules and functions stay small enough to be read at once."""

import ast
import statistics
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    path
    for source_root in ("services", "connectors")
    for path in (ROOT / source_root).rglob("*.py")
    if "referral_exchange/events" not in path.as_posix()
)
"""Generated classes apart."""

FORBIDDEN = {"utils.py", "util.py", "helpers.py", "common.py", "misc.py"}


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def function_lengths(path: Path) -> list[int]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [(node.end_lineno or 0) - node.lineno + 1 for node in ast.walk(tree) if isinstance(node, kinds)]


def test_no_module_is_over_300_lines() -> None:
    assert {str(path.relative_to(ROOT)): lines(path) for path in SOURCES if lines(path) > 300} == {}


def test_half_of_the_modules_are_under_100_lines() -> None:
    assert statistics.median(lines(path) for path in SOURCES if lines(path) > 1) < 100


def test_half_of_the_functions_are_under_10_lines() -> None:
    assert statistics.median(length for path in SOURCES for length in function_lengths(path)) < 10


def test_every_module_is_one_noun() -> None:
    assert [str(path.relative_to(ROOT)) for path in SOURCES if path.name in FORBIDDEN] == []


def is_headed(doc: str | None) -> bool:
    """Whether `doc` is one line, or one line and what follows stands apart."""
    head, _, rest = (doc or "").partition("\n")
    return head.endswith((".", ":", "?", "`")) and (not rest or rest.startswith("\n"))


def test_every_module_says_in_one_line_what_it_is() -> None:
    docs = {path: ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) for path in SOURCES}
    assert [str(path.relative_to(ROOT)) for path, doc in docs.items() if not is_headed(doc)] == []
    assert not is_headed(None)
    assert not is_headed("Two lines that\nrun on.")
