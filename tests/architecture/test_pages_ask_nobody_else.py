"""A page loads nothing from anybody else and runs one script of ours: templates, style sheets, the script."""

import re
from pathlib import Path

import pytest
from page_rules import wrong_in, wrong_in_style

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted(ROOT.glob("services/**/templates/**/*.html"))
STYLES = sorted(ROOT.glob("services/**/static/*.css"))
SCRIPTS = sorted(ROOT.glob("services/**/static/*.js"))
MOST_LINES = 90
ELSEWHERE = re.compile(r"https?:|//[a-z]+\.|eval|innerHTML\s*=[^=]|document\.write|Storage|\.cookie|import\b")


def test_there_are_pages_to_look_at() -> None:
    assert len(TEMPLATES) > 15
    assert STYLES


def test_there_is_one_small_script_and_it_asks_nobody_else() -> None:
    (script,) = SCRIPTS
    text = script.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    assert ELSEWHERE.findall(text) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_loads_from_others_or_runs_what_is_not_ours(path: Path) -> None:
    assert wrong_in(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_no_style_sheet_loads_from_others(path: Path) -> None:
    assert list(wrong_in_style(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "html",
    [
        '<img src="https://counter.example/1.gif">',
        '<img src="//counter.example/1.gif">',
        '<link rel="stylesheet" href="https://fonts.example/a.css">',
        '<link rel="preconnect" href="/x">',
        "<script>1</script>",
        '<script src="/other.js" defer></script>',
        '<script src="/enhance.js" defer onload="x()"></script>',
        '<p onclick="x()">',
        '<p style="background: red">',
        '<form action="https://elsewhere.example/">',
        '<meta http-equiv="refresh" content="1; url=https://elsewhere.example/">',
        '<a href="javascript:x()">',
        '<base href="https://elsewhere.example/">',
    ],
)
def test_a_page_that_does_is_noticed(html: str) -> None:
    assert wrong_in(html)


@pytest.mark.parametrize(
    "css", ["a{background:url(https://x.example/a)}", "@import 'x'", "a{b:url('//x.example')}"]
)
def test_a_style_sheet_that_does_is_noticed(css: str) -> None:
    assert list(wrong_in_style(css))
