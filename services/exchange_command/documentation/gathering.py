"""Brings every page together in one folder, as Sphinx takes it, with links that lead somewhere."""

import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

FRONT = "README.md"
"""The repository's front page; on the site it is `index`."""

SECTIONS = (
    ("Guides", ("docs/guides/*.md",)),
    ("Templates, drafts for counsel", ("docs/templates/*.md",)),
    ("Runbooks", ("deploy/runbooks/*.md",)),
    ("References", ("reference/*.md",)),
    ("Services", ("services/*/README.md", "services/*/*/README.md", "connectors/*/README.md")),
    ("Contract", ("schemas/*.md",)),
    ("Law, threats, words", ("deploy/policies/README.md", "services/THREATS.md", "services/GLOSSARY.md")),
    (
        "Deployment",
        ("deploy/README.md", "deploy/alerts/*.md", "deploy/demo/hsds/*.md", "deploy/telemetry/*.md"),
    ),
    ("Decisions", ("services/decisions/*.md",)),
    ("Taking part", ("CONTRIBUTING.md", "SECURITY.md")),
)
"""Titles, and which pages stand below each; a test holds that no page of the repository is left out."""

_LINK = re.compile(r"(?<!\!)\[([^\[\]]*)\]\(([^)\s]+)\)")
_PICTURE = re.compile(r"!\[([^\[\]]*)\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^( *)```([\w-]+)[^\n]*$", re.MULTILINE)
_CODE = re.compile(r"^ *```.*?^ *```[^\n]*$", re.MULTILINE | re.DOTALL)
_COLOURED = frozenset({"html", "java", "json", "python", "sh", "sql", "text", "toml", "yaml"})


def pages(root: Path) -> list[Path]:
    """Every page of the repository that the site shows, relative to `root`, references apart."""
    found = (path for _, patterns in SECTIONS for pattern in patterns for path in sorted(root.glob(pattern)))
    return [Path(FRONT), *dict.fromkeys(path.relative_to(root) for path in found)]


def gather(root: Path, source: Path) -> None:
    """Fills `source` with all pages of `root`, and the files that they link to."""
    shown = pages(root)
    for page in shown:
        text = (root / page).read_text(encoding="utf-8")
        put(source / named(page), _ready(text, page, root, source, set(shown)))


def named(page: Path) -> Path:
    """Where a page of the repository stands on the site."""
    return Path("index.md") if page == Path(FRONT) else page


def put(path: Path, text: str) -> None:
    """Writes a page, its folder made where absent."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def contents(source: Path) -> str:
    """The site's contents, to stand at the end of its front page."""
    return "".join(_section(source, title, patterns) for title, patterns in SECTIONS)


def _section(source: Path, title: str, patterns: Iterable[str]) -> str:
    listed = dict.fromkeys(
        path.relative_to(source).with_suffix("").as_posix()
        for pattern in patterns
        for path in sorted(source.glob(pattern))
    )
    entries = "\n".join(listed)
    return f"\n```{{toctree}}\n:caption: {title}\n:maxdepth: 1\n:hidden:\n\n{entries}\n```\n"


def _ready(text: str, page: Path, root: Path, source: Path, shown: set[Path]) -> str:
    told = _FENCE.sub(lambda fence: f"{fence[1]}```{_lexer(fence[2])}", text)
    outside = _outside_code(
        told, lambda piece: _LINK.sub(lambda link: _linked(link, page, root, source, shown), piece)
    )
    for picture in _PICTURE.finditer(outside):
        copy(root, source, _target(page, picture[2]))
    return outside


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    """`text` with `change` made to whatever is no code."""
    made, last = [], 0
    for code in _CODE.finditer(text):
        made += [change(text[last : code.start()]), code[0]]
        last = code.end()
    return "".join([*made, change(text[last:])])


def _lexer(language: str) -> str:
    """A name that the site can colour; what others would draw stays text that can be read."""
    return language if language in _COLOURED else "text"


def _linked(link: re.Match[str], page: Path, root: Path, source: Path, shown: set[Path]) -> str:
    """The link as the site can follow it; plain text where there is nothing to lead to."""
    label, target = link[1], link[2]
    if target.startswith(("http://", "https://", "mailto:", "#")):
        return link[0]
    address, _, place = target.partition("#")
    path = _target(page, address)
    if (root / path).is_dir():
        path = path / "README.md"
    if path in shown:
        there = _relative(named(path), named(page))
        return f"[{label}]({there}{'#' + place if place else ''})"
    if not copy(root, source, path):
        return label
    return f"[{label}]({_relative(path, named(page))})"


def copy(root: Path, source: Path, path: Path) -> bool:
    """Takes a file along that a page shows or offers; whether there is one."""
    if not (root / path).is_file():
        return False
    (source / path).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(root / path, source / path)
    return True


def _target(page: Path, address: str) -> Path:
    parts: list[str] = []
    for part in (page.parent / address).parts:
        if part == "..":
            parts = parts[:-1]
        else:
            parts.append(part)
    return Path(*parts)


def _relative(path: Path, page: Path) -> str:
    here = page.parent.parts
    shared = 0
    while shared < min(len(here), len(path.parts) - 1) and here[shared] == path.parts[shared]:
        shared += 1
    return "/".join([*([".."] * (len(here) - shared)), *path.parts[shared:]])


def broken(root: Path) -> Iterator[str]:
    """Links of pages to what is not there: `page: target`."""
    for page in pages(root):
        text = _CODE.sub("", (root / page).read_text(encoding="utf-8"))
        for link in (*_LINK.finditer(text), *_PICTURE.finditer(text)):
            address = link[2].partition("#")[0]
            elsewhere = not address or "://" in address or address.startswith("mailto:")
            if not elsewhere and not (root / _target(page, address)).exists():
                yield f"{page}: {address}"
