"""The README's pictures, of invented pages on a clock that stands still: `make pictures` takes them anew.

Same pages, same browser, same fonts, same bytes: a picture changes only where its page does.
"""

import sys
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from browser_files import browser_files
from browser_kit import a_chromium, playing
from playwright.sync_api import Browser
from shown_pages import a_stage, shown

from exchange_command.places import from_environment

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "pictures"
MOST_BYTES = 150_000
_MOMENT = "2031-05-04 22:15:00"
_STILL = r"""moment => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let at = texts.nextNode(); at; at = texts.nextNode())
    at.data = at.data.replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, moment);
}"""
"""A console's pages say when they were made; a picture of them says the same on every day."""

_START = b"\x89PNG\r\n\x1a\n"
_KEPT = (b"IHDR", b"PLTE", b"IDAT", b"IEND")


@dataclass(frozen=True, slots=True)
class Picture:
    """`page`: its name in the tour of `service`. `at`: what stands at the top. Width and height in pixels."""

    name: str
    service: str
    page: str
    at: str = "body"
    language: str = "en"
    scheme: str = "light"
    width: int = 960
    height: int = 720


PICTURES = (
    Picture("today", "ngo_bridge", "/"),
    Picture("consent", "ngo_bridge", "agree", at="section.decision"),
    Picture("survivor", "survivor_page", "list", at="main", language="es", width=400, height=800),
    Picture("console", "status_board", "bad /", scheme="dark"),
)
"""What the README shows."""


def taken(browser: Browser, picture: Picture, folder: Path) -> bytes:
    """The picture as PNG, with nothing in it but what is seen."""
    size = {"width": picture.width, "height": picture.height}
    page = next(
        each for each in shown(picture.service, folder, picture.language) if each.name == picture.page
    )
    with a_stage(browser, picture.service, viewport=size, color_scheme=picture.scheme) as stage:
        seen = stage.put(page)
        seen.evaluate(_STILL, _MOMENT)
        seen.locator(picture.at).first.evaluate("e => e.scrollIntoView()")
        return plain(seen.screenshot(animations="disabled"))


def plain(png: bytes) -> bytes:
    """The same pixels, without times, programs and other words."""
    return _START + b"".join(whole for kind, whole in chunks(png) if kind in _KEPT)


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and bytes of each piece. Fails where a piece is damaged."""
    assert png.startswith(_START), "no PNG"
    at = len(_START)
    while at < len(png):
        end = at + 12 + int.from_bytes(png[at : at + 4], "big")
        assert zlib.crc32(png[at + 4 : end - 4]) == int.from_bytes(png[end - 4 : end], "big"), "damaged"
        yield png[at + 4 : at + 8], png[at:end]
        at = end


def size(png: bytes) -> tuple[int, int]:
    """Width and height in pixels."""
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


def main() -> int:
    """Takes every picture into `docs/pictures`."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    files = browser_files(from_environment().cache)
    with tempfile.TemporaryDirectory() as scratch, playing() as playwright:
        home = Path(scratch)
        with a_chromium(playwright, files, home) as browser:
            for picture in PICTURES:
                tour = home / picture.name
                tour.mkdir()
                (FOLDER / f"{picture.name}.png").write_bytes(taken(browser, picture, tour))
    return 0


if __name__ == "__main__":
    sys.exit(main())
