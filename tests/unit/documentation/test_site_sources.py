"""What the site is made of: every page of the repository, links that lead on, nothing of anybody else."""

import subprocess
from pathlib import Path

import pytest

from exchange_command.documentation import gathering, third_parties

ROOT = Path(__file__).resolve().parents[3]
NOT_SHOWN = {"tests/data/README.md"}
"""Of the tests' own data, for who works on them."""


def test_every_page_of_the_repository_is_on_the_site() -> None:
    asked = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    told = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.splitlines()
    there = {each for each in told if (ROOT / each).exists()} - NOT_SHOWN
    assert there == {page.as_posix() for page in gathering.pages(ROOT)}


def test_every_link_between_pages_leads_somewhere() -> None:
    assert list(gathering.broken(ROOT)) == []


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A repository of two pages."""
    root = tmp_path / "root"
    (root / "services" / "one").mkdir(parents=True)
    (root / "README.md").write_text(
        "# Front\n\n[one](services/one) and [its place](services/one/README.md#place), [`a file`](a.toml), "
        "[a folder](empty), [out](https://elsewhere.example/)\n\n```mermaid\nA --> B\n```\n\n"
        "```sh\necho '[no link](nowhere.md)'\n```\n\n![drawn](drawn.png)\n",
        encoding="utf-8",
    )
    (root / "empty").mkdir()
    (root / "a.toml").write_text("x = 1\n", encoding="utf-8")
    (root / "drawn.png").write_bytes(b"x")
    (root / "services" / "one" / "README.md").write_text("# One\n\n[up](../../README.md)\n", encoding="utf-8")
    return root


def test_links_lead_to_pages_of_the_site_and_files_come_along(small: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    gathering.gather(small, source)
    front = (source / "index.md").read_text(encoding="utf-8")
    assert "[one](services/one/README.md)" in front
    assert "[its place](services/one/README.md#place)" in front
    assert "[`a file`](a.toml)" in front
    assert "a folder, [out](https://elsewhere.example/)" in front
    assert "[no link](nowhere.md)" in front, "what stands in code stays as it is"
    assert "```text\nA --> B" in front, "what another site would draw stays text that can be read"
    assert (source / "a.toml").exists()
    assert (source / "drawn.png").exists()
    assert "[up](../../index.md)" in (source / "services/one/README.md").read_text(encoding="utf-8")
    assert "services/one/README\n" in gathering.contents(source)


def test_a_link_to_nowhere_is_found(small: Path) -> None:
    with (small / "README.md").open("a", encoding="utf-8") as page:
        page.write("\n[lost](services/two/README.md)\n")
    assert list(gathering.broken(small)) == ["README.md: services/two/README.md"]


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://elsewhere.example/a.js"></script>',
        '<script src="//elsewhere.example/a.js"></script>',
        '<link rel="stylesheet" href="https://elsewhere.example/a.css">',
        '<link rel="preconnect" href="https://elsewhere.example">',
        '<img src="http://elsewhere.example/a.png">',
        '<img srcset="a.png 1x, https://elsewhere.example/a.png 2x">',
        '<iframe src="https://elsewhere.example/"></iframe>',
        '<style>@import "https://elsewhere.example/a.css";</style>',
        "<style>p { background: url(//elsewhere.example/a.png) }</style>",
        '<p style="background: url(https://elsewhere.example/a.png)">',
        '<script>fetch("https://elsewhere.example/")</script>',
        '<form action="https://elsewhere.example/"></form>',
    ],
)
def test_a_page_that_asks_somebody_else_is_found(html: str) -> None:
    assert third_parties.in_html(html)


@pytest.mark.parametrize(
    "html",
    [
        '<a href="https://elsewhere.example/">a link that a person may follow</a>',
        '<img src="_static/a.png"><link rel="stylesheet" href="_static/a.css">',
        '<link rel="license" href="https://elsewhere.example/licence">',
        '<style>@font-face { src: url("own.woff2") }</style>',
        '<img src="data:image/png;base64,AAAA">',
    ],
)
def test_what_asks_nobody_passes(html: str) -> None:
    assert third_parties.in_html(html) == []


def test_style_sheets_and_scripts_of_a_site_are_looked_at_too(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text(
        "p { background: url('https://elsewhere.example/a.png') }", encoding="utf-8"
    )
    (tmp_path / "a.js").write_text('new WebSocket("wss://elsewhere.example")', encoding="utf-8")
    (tmp_path / "b.html").write_text("<p>nothing</p>", encoding="utf-8")
    assert [line.partition(":")[0] for line in third_parties.in_site(tmp_path)] == ["a.css", "a.js"]
