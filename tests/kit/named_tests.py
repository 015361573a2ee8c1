"""Reads a document that names tests and files, and says which of them are not there."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

TOP = Path(__file__).parents[2]
TESTS = TOP / "tests"

_WORD = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(r"[\w./-]+\.(?:py|md|toml|cedar|cedarschema|properties|json|xml)")
_ROOTS = (TOP, TESTS, TOP / "services", TOP / "services" / "referral_exchange")


class NamedTest(NamedTuple):
    """`tests/<file>`, all of it (name empty) or one function or method of it."""

    file: str
    name: str


def named_in(document: str) -> Iterator[NamedTest]:
    """Every test that stands between backticks; a bare `::name` belongs to the file named before it."""
    file = ""
    for word in _WORD.findall(document):
        path, _, name = word.partition("::")
        if path and not _is_test(path):
            continue
        if not path and not name:
            continue
        file = path or file
        yield NamedTest(file, name)


def files_of(document: str) -> Iterator[str]:
    """Every other path that stands between backticks."""
    for word in _WORD.findall(document):
        path = word.partition("::")[0]
        if _PATH.fullmatch(path) and "/" in path and not _is_test(path):
            yield path


def faults_of(document: str) -> list[str]:
    """What it names and is not there, or is never run."""
    wrong = [fault for test in named_in(document) if (fault := _fault(test))]
    return wrong + [
        f"{path}: no such file"
        for path in files_of(document)
        if not any((root / path).exists() for root in _ROOTS)
    ]


def rows_of(document: str, marked: str) -> dict[str, list[str]]:
    """Table rows whose first cell matches `marked`: their other cells by that first cell."""
    rows = (line.strip().strip("|").split("|") for line in document.splitlines() if line.startswith("|"))
    cells = ([cell.strip() for cell in row] for row in rows)
    return {first: rest for first, *rest in cells if re.fullmatch(marked, first)}


def _is_test(path: str) -> bool:
    return path.rpartition("/")[2].startswith("test_") and path.endswith(".py")


def _fault(test: NamedTest) -> str | None:
    path = TESTS / test.file
    if not path.is_file():
        return f"{test.file}: no such test file"
    found = _functions(path)
    if test.name and test.name not in found:
        return f"{test.file}::{test.name}: no such test"
    if not any(name.startswith("test_") for name in found):
        return f"{test.file}: holds no test"
    if test.name and found[test.name]:
        return f"{test.file}::{test.name}: is not run"
    return None


@cache
def _functions(path: Path) -> dict[str, bool]:
    """Every function and test class of the file, and whether it is marked never to run."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    found = {n.name: _is_put_aside(n.decorator_list) for n in ast.walk(tree) if isinstance(n, kinds)}
    # A state machine of Hypothesis becomes a test by `TestThing = Machine.TestCase`.
    for node in tree.body:
        if isinstance(node, ast.Assign):
            found.update({t.id: False for t in node.targets if isinstance(t, ast.Name)})
    return found | {f"test_{name}": False for name in found if name.startswith("Test")}


def _is_put_aside(decorators: list[ast.expr]) -> bool:
    marks = ("mark.skip", "mark.xfail")
    said = (ast.unparse(each).partition("(")[0] for each in decorators)
    return any(mark.endswith(marks) for mark in said)
