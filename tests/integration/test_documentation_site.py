"""`make docs` makes a site that asks nobody for anything, and stops at whatever leads nowhere."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from exchange_command.documentation.__main__ import SiteUnbuilt, build, main

ROOT = Path(__file__).resolve().parents[2]


class Links(HTMLParser):
    """Where a page's own links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.targets += [value for name, value in attrs if tag == "a" and name == "href" and value]


@pytest.mark.timeout(300)
def test_the_site_is_whole_and_every_link_of_its_front_page_leads_to_a_page(tmp_path: Path) -> None:
    site = tmp_path / "site"
    assert build(ROOT, site) > 60
    front = Links()
    front.feed((site / "index.html").read_text(encoding="utf-8"))
    own = {each.partition("#")[0] for each in front.targets if "://" not in each}
    assert {each for each in own if each and not (site / each).is_file()} == set()
    wanted = ("docs/guides/caseworker.html", "reference/ngo_bridge.html", "reference/events.html")
    assert all(each in own for each in wanted)


def a_repository(tmp_path: Path, front: str) -> Path:
    """One page beside what every build needs."""
    root = tmp_path / "root"
    (root / "docs").mkdir(parents=True)
    (root / "schemas").mkdir()
    (root / "README.md").write_text(front, encoding="utf-8")
    (root / "docs" / "conf.py").write_bytes((ROOT / "docs" / "conf.py").read_bytes())
    described = (
        '{"info": {"title": "t", "description": "d"}, "channels": {}, "components": '
        '{"messages": {}, "messageTraits": {"signed": {"headers": {"properties": {}}}}}}'
    )
    (root / "schemas" / "asyncapi.json").write_text(described, encoding="utf-8")
    return root


def test_a_link_to_nowhere_stops_the_build(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = a_repository(tmp_path, "# Front\n\n[lost](lost.md)\n")
    assert main([str(root), str(tmp_path / "site")]) == 1
    assert "README.md: lost.md" in capsys.readouterr().err


def test_a_picture_of_somebody_elses_stops_the_build(tmp_path: Path) -> None:
    root = a_repository(tmp_path, "# Front\n\n![seen](https://elsewhere.example/seen.png)\n")
    with pytest.raises(SiteUnbuilt, match="somebody else"):
        build(root, tmp_path / "site")


def test_a_warning_of_sphinx_stops_the_build(tmp_path: Path) -> None:
    root = a_repository(tmp_path, "# Front\n\n### Two levels down\n")
    with pytest.raises(SiteUnbuilt, match="Sphinx"):
        build(root, tmp_path / "site")
