"""The browser comes by itself, whole or not at all, and what looks for faults finds those that are there."""

import hashlib
import io
import shutil
import tarfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import browser_files as kit
import pytest
from axe_kit import wrong_with
from browser_files import BrowserFiles, browser_files
from browser_kit import a_visitor
from playwright.sync_api import Browser

from exchange_command import artefacts, fetch
from exchange_command.artefacts import Artefact

PAGES = {
    "/good": b"<h1>An invented page</h1><p>Nothing is wrong here.</p>",
    "/no-label": b"<h1>An invented page</h1><p><input type=text></p>",
    "/pale": b"<h1>An invented page</h1><p style='color:#bbb'>Too pale to read.</p>",
    "/wide": b"<h1>An invented page</h1><pre>" + b"wide" * 200 + b"</pre>",
    "/leaves": b"<h1>An invented page</h1><img alt='' src='http://127.0.0.1:9/a.png'>",
    "/breaks": b"<h1>An invented page</h1><script>nothing.there()</script>",
}


class _Invented(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = PAGES.get(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        if body is not None:
            self.wfile.write(b"<!doctype html><html lang=en><title>Invented</title><main>%s</main>" % body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing to say."""


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Invented)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_page_opens(chromium: Browser, origin: str, files: BrowserFiles) -> None:
    with a_visitor(chromium, origin) as visitor:
        page = visitor.go("/good")
        assert page.locator("h1").inner_text() == "An invented page"
        assert wrong_with(page, files.axe) == []


@pytest.mark.parametrize(("path", "rule"), [("/no-label", "label"), ("/pale", "color-contrast")])
def test_axe_finds_a_fault_that_was_planted(
    chromium: Browser, origin: str, files: BrowserFiles, path: str, rule: str
) -> None:
    with a_visitor(chromium, origin) as visitor:
        found = wrong_with(visitor.go(path), files.axe)
    assert [each.partition(" ")[0] for each in found] == [rule]


@pytest.mark.parametrize(
    ("path", "noted"), [("/leaves", "request to http://127.0.0.1:9/"), ("/breaks", "script: ")]
)
def test_a_page_that_leaves_or_breaks_is_noted(chromium: Browser, origin: str, path: str, noted: str) -> None:
    with pytest.raises(AssertionError, match=noted), a_visitor(chromium, origin) as visitor:
        visitor.go(path)


def test_a_page_that_is_too_wide_is_seen(chromium: Browser, origin: str) -> None:
    with a_visitor(chromium, origin, viewport={"width": 320, "height": 640}) as visitor:
        page = visitor.go("/wide")
        assert page.evaluate("document.documentElement.scrollWidth") > 320


def a_package(path: Path) -> Path:
    """An archive with what axe's has, in small."""
    said = b"invented"
    with tarfile.open(path, "w:gz") as archive:
        entry = tarfile.TarInfo("package/axe.min.js")
        entry.size = len(said)
        archive.addfile(entry, io.BytesIO(said))
    return path


def only(package: Path, monkeypatch: pytest.MonkeyPatch) -> Artefact:
    """The package, pinned by its hash in place of the real ones."""
    pinned = Artefact("npm", "invented", "1.0", "tgz", "", hashlib.sha256(package.read_bytes()).hexdigest())
    monkeypatch.setattr(kit, "_unpack_chromium", kit._unpack_axe)
    monkeypatch.setattr(artefacts, "read_list", lambda _path: (pinned, pinned))
    return pinned


def test_what_is_there_is_not_fetched_again_and_many_may_want_it_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = a_package(tmp_path / "invented.tgz")
    only(package, monkeypatch)
    asked = []

    def resolve(wanted: Artefact, folder: Path) -> Path:
        asked.append(wanted)
        return Path(shutil.copy(package, folder))

    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(lambda _: browser_files(tmp_path / "cache", resolve), range(4)))
    assert len(found) == len(asked) == 1
    assert found.pop().axe.read_text() == "invented"
    assert [path for path in (tmp_path / "cache" / "browser").glob(".*-*")] == []


def test_another_package_than_the_pinned_one_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = a_package(tmp_path / "invented.tgz")
    only(package, monkeypatch)
    package.write_bytes(package.read_bytes() + b"\0")
    with pytest.raises(fetch.FetchFailed, match="not the pinned file"):
        browser_files(tmp_path / "cache", lambda _wanted, folder: Path(shutil.copy(package, folder)))
    assert list((tmp_path / "cache" / "browser").glob("invented*")) == []


def test_a_browser_without_network_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only(a_package(tmp_path / "invented.tgz"), monkeypatch)
    monkeypatch.setattr(fetch, "pause", lambda _seconds: None)

    def nothing(_wanted: Artefact, _folder: Path) -> Path:
        raise OSError("npm ended with 1")

    with pytest.raises(fetch.FetchFailed, match="could not be fetched"):
        browser_files(tmp_path / "cache", nothing)
