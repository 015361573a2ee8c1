"""Style sheets name no left and no right, so that pages turn round in languages that run the other way."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import referral_exchange

SERVICES = Path(referral_exchange.__file__).parents[1]
SHEETS = sorted(SERVICES.rglob("static/*.css"))

_DECLARATION = re.compile(r"(?<=[{;])\s*(?P<name>[a-z-]+)\s*:\s*(?P<value>[^;{}]+)")
_SIDED_NAME = re.compile(r"(^|-)(left|right)(-|$)")
_SIDED_VALUE = re.compile(r"\b(left|right)\b")
_TAKES_A_SIDE = ("text-align", "float", "clear", "background", "object-position", "caption-side")
_ROUND = ("margin", "padding", "inset", "border-width", "border-style", "border-color", "scroll-margin")


def sided(css: str) -> Iterator[str]:
    """Declarations that mean the left or the right side, wherever the language begins."""
    bare = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    for found in _DECLARATION.finditer(bare):
        name, value = found["name"], found["value"].strip()
        parts = re.findall(r"[^\s(]+(?:\([^)]*\))?", value.removesuffix("!important").strip())
        if (
            _SIDED_NAME.search(name)
            or (name.startswith(_TAKES_A_SIDE) and _SIDED_VALUE.search(value))
            or (name in _ROUND and len(parts) == 4 and parts[1] != parts[3])
            or (name == "border-radius" and len(parts) > 1)
        ):
            yield f"{name}: {value}"


@pytest.mark.parametrize("sheet", SHEETS, ids=[sheet.relative_to(SERVICES).as_posix() for sheet in SHEETS])
def test_style_sheets_name_no_side(sheet: Path) -> None:
    assert list(sided(sheet.read_text(encoding="utf-8"))) == []


def test_the_shared_sheet_is_among_them() -> None:
    assert SERVICES / "referral_exchange/pages/static/style.css" in SHEETS


@pytest.mark.parametrize(
    "declaration",
    [
        *("margin-left: 1rem", "padding-right:0", "border-left: 1px solid", "border-left-color: red"),
        *("left: 0", "right: 1rem", "text-align: left", "text-align:right", "float: left", "clear: right"),
        *("padding: 0 1rem 0 2rem", "margin: 0 0 0 calc(1rem + 2px)", "inset: 0 auto 0 0"),
        *("border-top-left-radius: 1px", "background-position: left top", "border-radius: 1px 0 0 1px"),
        "text-align: left !important",
    ],
)
def test_a_side_is_seen(declaration: str) -> None:
    assert list(sided(f"a {{ color: red; {declaration}; }}")) != []
    assert list(sided(f"@media print {{ a {{ {declaration} }} }}")) != []


@pytest.mark.parametrize(
    "declaration",
    [
        *("margin-inline-start: 1rem", "padding-inline: 2rem 0", "inset-inline-end: 0", "text-align: start"),
        *("float: inline-start", "padding: 0 1rem 0 1rem", "margin: 0 auto .5rem", "text-align: center"),
        *("content: 'left'", "border-radius: 50%", "top: 0", "align-items: flex-end"),
    ],
)
def test_what_turns_round_is_let_pass(declaration: str) -> None:
    assert list(sided(f"a {{ /* left: 0; */ color: red; {declaration}; }}")) == []
