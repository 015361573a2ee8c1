"""What import-linter cannot see: a rules.py that asks the clock, draws an id, prints or opens a file."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SERVICES = Path(__file__).resolve().parents[2] / "services"
IMPURE = frozenset(
    {"now", "utcnow", "today", "fresh", "uuid1", "uuid4", "open", "print", "input", "sleep", "time"}
)
"""Names of calls that look at the world or change it."""


def impure_calls(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name in IMPURE:
                yield f"line {node.lineno}: {name}()"


@pytest.mark.parametrize("path", sorted(SERVICES.rglob("rules.py")), ids=lambda path: path.parent.name)
def test_rules_take_the_time_and_ids_as_arguments(path: Path) -> None:
    assert list(impure_calls(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "call", ["datetime.now(UTC)", "date.today()", "ids.fresh()", "open('x')", "print(1)", "uuid.uuid4()"]
)
def test_an_impure_call_is_found(call: str) -> None:
    assert list(impure_calls(f"def decide():\n    return {call}\n"))
