"""An error ends in a decision: no empty handler, and no broad one without its reason beside it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(path for root in ("services", "connectors") for path in (ROOT / root).rglob("*.py"))
BROAD = {"Exception", "BaseException"}
REASON = re.compile(r"#\s*(?:noqa: BLE001(?:\s*-)?)?\s*(?P<words>.*)")


def swallowed(source: str) -> Iterator[str]:
    """What is wrong with the handlers in `source`, each with its line."""
    rows = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ExceptHandler):
            yield from _handled_badly(rows, node)
        elif isinstance(node, ast.Call) and _called(node) == "suppress" and _names(*node.args) & BROAD:
            yield f"line {node.lineno}: suppresses everything"


def _handled_badly(rows: list[str], handler: ast.ExceptHandler) -> Iterator[str]:
    last = handler.body[-1]
    if all(isinstance(step, ast.Pass) or _is_ellipsis(step) for step in handler.body):
        yield f"line {handler.lineno}: an empty handler"
    if handler.type is None:
        yield f"line {handler.lineno}: a bare except"
    elif _names(handler.type) & BROAD and not (isinstance(last, ast.Raise) or _has_reason(rows, handler)):
        yield f"line {handler.lineno}: a broad except without its reason"


def _called(call: ast.Call) -> str:
    return str(getattr(call.func, "attr", getattr(call.func, "id", "")))


def _names(*kinds: ast.expr) -> set[str]:
    parts = [part for kind in kinds for part in (kind.elts if isinstance(kind, ast.Tuple) else [kind])]
    return {part.id for part in parts if isinstance(part, ast.Name)}


def _is_ellipsis(step: ast.stmt) -> bool:
    return isinstance(step, ast.Expr) and isinstance(step.value, ast.Constant)


def _has_reason(rows: list[str], handler: ast.ExceptHandler) -> bool:
    """Whether words stand behind the `except` or on a comment line up to its first statement."""
    beside = rows[handler.lineno - 1 : handler.body[0].lineno]
    comments = (REASON.search(row) for row in beside)
    return any(found and len(found["words"].split()) > 2 for found in comments)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_error_is_swallowed(path: Path) -> None:
    assert list(swallowed(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "handler",
    [
        "except ValueError:\n    pass",
        "except ValueError:\n    ...",
        "except:\n    raise",
        "except Exception:\n    return None",
        "except Exception:  # noqa: BLE001\n    return None",
        "except (KeyError, BaseException) as error:\n    print(error)",
    ],
)
def test_a_swallowed_error_is_found(handler: str) -> None:
    indented = handler.replace("\n", "\n    ")
    assert list(swallowed(f"def f():\n    try:\n        g()\n    {indented}\n"))


@pytest.mark.parametrize(
    "handler",
    [
        "except ValueError:\n    return None",
        "except BaseException:\n    print('x')\n    raise",
        "except Exception:  # noqa: BLE001 - the process ends here, loudly\n    return 1",
        "except Exception:  # noqa: BLE001\n    # Its text may quote the datum.\n    return None",
    ],
)
def test_a_decision_with_its_reason_passes(handler: str) -> None:
    indented = handler.replace("\n", "\n    ")
    assert list(swallowed(f"def f():\n    try:\n        g()\n    {indented}\n")) == []


def test_suppressing_everything_is_found() -> None:
    assert list(swallowed("with contextlib.suppress(Exception):\n    f()\n"))
    assert list(swallowed("with suppress(FileNotFoundError):\n    f()\n")) == []
