"""What a built page would load from somebody else when it is opened: there must be nothing."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

_LOADS = {
    "script": ("src",),
    "img": ("src", "srcset"),
    "link": ("href",),
    "iframe": ("src",),
    "source": ("src", "srcset"),
    "video": ("src", "poster"),
    "audio": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "input": ("src",),
    "image": ("href", "xlink:href"),
    "use": ("href", "xlink:href"),
    "base": ("href",),
    "form": ("action",),
}
_TOLD_ONLY = frozenset({"canonical", "license", "help", "author"})
"""Kinds of `link` that a browser does not follow by itself."""

_ELSEWHERE = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
_IN_STYLE = re.compile(r"(?:url\(\s*|@import\s+)[\"']?\s*((?:https?:)?//[^\s\"')]+)", re.IGNORECASE)
_IN_SCRIPT = re.compile(
    r"(?:fetch|importScripts|import|XMLHttpRequest|EventSource|WebSocket)\s*\(\s*[\"'`](?:(?:https?|wss?):)?//"
    r"|\.src\s*=\s*[\"'`](?:https?:)?//",
    re.IGNORECASE,
)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self._inside = tag
        if tag == "link" and told.get("rel", "") in _TOLD_ONLY:
            return
        for name in _LOADS.get(tag, ()):
            if any(_ELSEWHERE.match(each) for each in told.get(name, "").split(",")):
                self.found.append(f"<{tag} {name}>")
        if _IN_STYLE.search(told.get("style", "")):
            self.found.append(f"<{tag} style>")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "style" and _IN_STYLE.search(data):
            self.found.append("<style>")
        if self._inside == "script" and _IN_SCRIPT.search(data):
            self.found.append("<script>")


def in_html(text: str) -> list[str]:
    """Elements of a page that would be loaded from elsewhere."""
    page = _Page()
    page.feed(text)
    page.close()
    return page.found


def in_style(text: str) -> list[str]:
    """Addresses of others in a style sheet."""
    return [found[1] for found in _IN_STYLE.finditer(text)]


def in_script(text: str) -> list[str]:
    """Where a script asks somebody else."""
    return [found[0] for found in _IN_SCRIPT.finditer(text)]


def in_site(folder: Path) -> Iterator[str]:
    """Everything of that kind in a built site: `file: what`."""
    looks = {".html": in_html, ".css": in_style, ".js": in_script, ".svg": in_html}
    for path in sorted(each for each in folder.rglob("*") if each.suffix in looks):
        for what in looks[path.suffix](path.read_text(encoding="utf-8")):
            yield f"{path.relative_to(folder)}: {what}"
