"""What axe-core finds wrong with the page that stands in a browser, by the rules of WCAG 2.2 A and AA."""

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
COLOURS = ("color-contrast",)
"""The rules that read colours, which take most of the time."""

_RUN = """async options => {
  if (!window.axe) return null;
  const found = await axe.run(document, {resultTypes: ["violations"], ...options});
  return found.violations.map(v => [v.id, v.nodes.map(n => `${n.target.join(" ")}: ${n.failureSummary}`)]);
}"""


@cache
def _script(axe: Path) -> str:
    return axe.read_text(encoding="utf-8")


def bring_along(page: Page, axe: Path) -> None:
    """Every page that stands there from now on has axe from its first moment: read once, not for each."""
    page.add_init_script(script=_script(axe))


def wrong_with(page: Page, axe: Path, *, colours: bool = True) -> list[str]:
    """Each rule that is broken, and where. `colours`: whether those are looked at, too."""
    left_out = {} if colours else {rule: {"enabled": False} for rule in COLOURS}
    return _run(page, axe, {"runOnly": {"type": "tag", "values": list(TAGS)}, "rules": left_out})


def wrong_colours(page: Page, axe: Path) -> list[str]:
    """The same for the colours alone."""
    return _run(page, axe, {"runOnly": {"type": "rule", "values": list(COLOURS)}})


def _run(page: Page, axe: Path, options: dict[str, Any]) -> list[str]:
    found: list[Any] | None = page.evaluate(_RUN, options)
    if found is None:
        page.evaluate(_script(axe))
        found = page.evaluate(_RUN, options)
    assert found is not None, "axe is not on the page"
    return [f"{rule} at {place}" for rule, places in found for place in places]
