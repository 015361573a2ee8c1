"""What a browser would load from others, or run, in a page or a style sheet."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

LOADS = frozenset(
    {"action", "background", "code", "data", "formaction", "manifest", "ping", "poster", "src", "srcset"}
)
"""Attributes whose address a browser asks by itself, or sends a form to. `href` of a link is not one."""

BARRED = frozenset({"script", "style", "iframe", "frame", "object", "embed", "base", "applet", "portal"})
OUR_SCRIPT = {"src": "/enhance.js", "defer": ""}
"""The one script, as every page names it; what would stand in the element a browser does not run."""

OUR_OWN = re.compile(r"(/(?!/)|\?|#|data:,|data:image/|\{\{|\{%)|$")
_ADDRESS = re.compile(r"url\(\s*[\"']?(?!data:|/(?!/))|@import|//[a-z]", re.IGNORECASE)


class Seen(HTMLParser):
    """Gathers what a browser would load from elsewhere, or run."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in BARRED and not (tag == "script" and given == OUR_SCRIPT):
            self.wrong.append(f"<{tag}>")
        for name, value in given.items():
            loads = name in LOADS or (tag == "link" and name == "href")
            if loads and not OUR_OWN.match(value.strip()):
                self.wrong.append(f"{tag} {name}")
            if name.startswith("on") or name == "style" or value.strip().lower().startswith("javascript:"):
                self.wrong.append(f"{tag} {name}")
        if given.get("http-equiv", "").lower() == "refresh" and "url" in given.get("content", "").lower():
            self.wrong.append("meta refresh elsewhere")
        if tag == "link" and given.get("rel") in ("dns-prefetch", "preconnect", "prefetch", "prerender"):
            self.wrong.append("link ahead")


def wrong_in(html: str) -> list[str]:
    """What is wrong in a page or a template."""
    seen = Seen()
    seen.feed(html)
    return seen.wrong


def wrong_in_style(css: str) -> Iterator[str]:
    """Addresses in a style sheet that are not its own."""
    yield from (found.group() for found in _ADDRESS.finditer(re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)))
