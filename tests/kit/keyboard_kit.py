"""Hands on a keyboard alone: where the focus goes, whether it can be seen, and what the keys do."""

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page

_MOST = 200
_FOCUS = """selector => {
  const at = document.activeElement;
  const shows = e => e && parseFloat(getComputedStyle(e).outlineWidth) >= 2
    && getComputedStyle(e).outlineStyle !== "none";
  const box = at.getBoundingClientRect();
  return {
    there: at.matches(selector),
    stop: at !== document.body,
    what: `${at.tagName.toLowerCase()} ${at.name || at.id || at.textContent.trim().slice(0, 30)}`,
    seen: shows(at) || [...(at.labels || [])].some(shows),
    inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
}"""


@dataclass
class Keyboard:
    """What is pressed at a page. `unseen`: each stop on the way whose focus could not be seen."""

    page: Page
    unseen: set[str] = field(default_factory=set)

    def tab(self, selector: str = "*") -> dict[str, Any]:
        """One stop further, or past the last one; tells whether it is one of `selector`."""
        self.page.keyboard.press("Tab")
        stop: dict[str, Any] = self.page.evaluate(_FOCUS, selector)
        if stop["stop"] and not (stop["seen"] and stop["inside"]):
            self.unseen.add(stop["what"])
        return stop

    def reach(self, selector: str) -> None:
        """Tab after Tab, to the next element of `selector`."""
        passed = []
        for _ in range(_MOST):
            stop = self.tab(selector)
            if stop["there"]:
                return
            passed.append(stop["what"])
        raise AssertionError(f"no way to {selector} by Tab, only to {sorted(set(passed))}")

    def tick(self, name: str, value: str | None = None) -> None:
        """The tick box of this name and value; of a group of round ones the first, which Tab reaches."""
        self.reach(f"input[name='{name}']" + (f"[value='{value}']" if value else ""))
        self.page.keyboard.press("Space")

    def choose(self, name: str, first_letters: str) -> None:
        """In a list, what begins with these letters."""
        self.reach(f"select[name='{name}']")
        self.page.keyboard.type(first_letters)

    def write(self, name: str, text: str) -> None:
        """Into an input."""
        self.reach(f"input[name='{name}']")
        self.page.keyboard.type(text)

    def press(self, selector: str) -> None:
        """A button or a link, by Enter; waits for the page that follows."""
        self.reach(selector)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
