"""The README shows the pages as they are: small pictures without words beside what is seen."""

from pathlib import Path

import pytest
from pictures import FOLDER, MOST_BYTES, PICTURES, ROOT, Picture, chunks, size, taken
from playwright.sync_api import Browser

named = pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)


@named
def test_the_readme_shows_it_and_says_what_it_is(picture: Picture) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    before, shown, _ = readme.partition(f"](docs/pictures/{picture.name}.png)")
    assert shown, f"README.md shows no {picture.name}"
    assert len(before.rpartition("![")[2]) > 20, "say in words what is to be seen"


@named
def test_it_is_small_and_holds_nothing_but_what_is_seen(picture: Picture) -> None:
    kept = (FOLDER / f"{picture.name}.png").read_bytes()
    assert len(kept) < MOST_BYTES
    assert size(kept) == (picture.width, picture.height)
    assert {kind for kind, _ in chunks(kept)} <= {b"IHDR", b"PLTE", b"IDAT", b"IEND"}


def test_no_other_picture_lies_about() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {f"{picture.name}.png" for picture in PICTURES}


def test_the_same_page_makes_the_same_picture(chromium: Browser, tmp_path: Path) -> None:
    picture, first, second = PICTURES[0], tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    assert taken(chromium, picture, first) == taken(chromium, picture, second)
