"""A browser without scripts: reads pages by the standard library's parser and sends their forms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

import httpx

_VOID = frozenset({"input", "link", "meta", "br", "img", "hr"})


@dataclass
class Element:
    """One element: its attributes, what is in it, and what it is in. `answer`: what a page was read from."""

    tag: str
    attributes: dict[str, str]
    parent: "Element | None"
    children: list["Element | str"] = field(default_factory=list)
    answer: httpx.Response | None = field(default=None, repr=False, compare=False)

    def __getitem__(self, name: str) -> str:
        return self.attributes.get(name, "")

    def all(self, tag: str = "", **attributes: str) -> list["Element"]:
        """Every element inside, in order, with this tag and these attributes."""
        found = []
        for child in self.children:
            if isinstance(child, Element):
                if tag in ("", child.tag) and all(child[n] == v for n, v in attributes.items()):
                    found.append(child)
                found += child.all(tag, **attributes)
        return found

    def one(self, tag: str = "", **attributes: str) -> "Element":
        """The only such element."""
        found = self.all(tag, **attributes)
        assert len(found) == 1, f"{len(found)} of <{tag} {attributes}>"
        return found[0]

    @property
    def text(self) -> str:
        """What a reader reads, with single spaces."""
        pieces = [child if isinstance(child, str) else child.text for child in self.children]
        return " ".join(" ".join(pieces).split())

    def inside(self, tag: str) -> "Element | None":
        """The nearest `tag` around it."""
        above = self.parent
        while above is not None and above.tag != tag:
            above = above.parent
        return above


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.at = Element("", {}, None)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs} | _flags(attrs), self.at)
        self.at.children.append(element)
        if tag not in _VOID:
            self.at = element

    def handle_endtag(self, tag: str) -> None:
        assert self.at.tag == tag, f"</{tag}> closes <{self.at.tag}>"
        assert self.at.parent is not None
        self.at = self.at.parent

    def handle_data(self, data: str) -> None:
        self.at.children.append(data)


def _flags(attrs: list[tuple[str, str | None]]) -> dict[str, str]:
    return {name: "yes" for name, value in attrs if value is None}


def read(html: str) -> Element:
    """The document. Fails where elements do not close in order."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert reader.at is reader.root, f"<{reader.at.tag}> never closes"
    return reader.root


@dataclass
class Browser:
    """Follows links and sends forms as a browser does, cookies and all. `page` is what it shows."""

    http: httpx.Client
    page: Element = field(default_factory=lambda: Element("", {}, None))
    answer: httpx.Response = field(default_factory=lambda: httpx.Response(200))

    def go(self, path: str) -> Element:
        """Opens an address."""
        return self._show(self.http.get(path, follow_redirects=True))

    def form(self, button: str, nth: int = 0) -> Element:
        """The form that holds a button with this label."""
        buttons = [b for b in self.page.all("button") if b.text == button]
        assert buttons, f"no button {button!r} among {[b.text for b in self.page.all('button')]}"
        form = buttons[nth].inside("form")
        assert form is not None
        return form

    def filled(self, button: str, nth: int = 0, **typed: str | list[str]) -> list[tuple[str, str]]:
        """Names and values that pressing `button` sends, with `typed` in place of what stands there."""
        form = self.form(button, nth)
        pressed = next(b for b in form.all("button") if b.text == button)
        sent = [(n, v) for n, v in _standing(form) if n not in typed]
        for name, value in typed.items():
            offered = [e for tag in ("input", "select") for e in form.all(tag, name=name)]
            assert offered, f"the form asks no {name}"
            sent += [(name, each) for each in ([value] if isinstance(value, str) else value)]
        return sent + ([(pressed["name"], pressed["value"])] if pressed["name"] else [])

    def press(self, button: str, nth: int = 0, **typed: str | list[str]) -> Element:
        """Sends the form that `button` belongs to."""
        sent, form = self.filled(button, nth, **typed), self.form(button, nth)
        pressed = next(b for b in form.all("button") if b.text == button)
        return self.send(pressed["formaction"] or form["action"], sent)

    def send(self, path: str, sent: list[tuple[str, str]]) -> Element:
        """Sends names and values as a form does."""
        data: dict[str, list[str]] = {}
        for name, value in sent:
            data.setdefault(name, []).append(value)
        return self._show(self.http.post(path, data=data, follow_redirects=True))

    def _show(self, answer: httpx.Response) -> Element:
        self.answer, self.page = answer, read(answer.text)
        self.page.answer = answer
        return self.page


def _standing(form: Element) -> list[tuple[str, str]]:
    found = []
    for element in form.all("input"):
        if element["type"] not in ("checkbox", "radio") or "checked" in element.attributes:
            found.append((element["name"], element["value"]))
    for select in form.all("select"):
        options = select.all("option")
        chosen = [o for o in options if "selected" in o.attributes] or options[:1]
        found += [(select["name"], option["value"]) for option in chosen]
    return found


def words_of(page: Element) -> str:
    """What a reader reads in the main part."""
    return page.one("main").text


def plain(form: Mapping[str, str]) -> list[tuple[str, str]]:
    """A mapping as pairs."""
    return list(form.items())
