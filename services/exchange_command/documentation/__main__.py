"""`python -m exchange_command.documentation ROOT SITE`: the repository's pages as a site of plain files."""

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from exchange_command.documentation import asyncapi_page, gathering, openapi_page, third_parties

_SOURCE = "site-source"


class SiteUnbuilt(Exception):
    """The site is not what it must be; the message says where."""


def build(root: Path, site: Path) -> int:
    """Builds the pages of `root` into `site`; returns how many. Raises SiteUnbuilt."""
    if lost := list(gathering.broken(root)):
        raise SiteUnbuilt("\n".join(["these links lead nowhere:", *lost]))
    source = site.parent / _SOURCE
    shutil.rmtree(source, ignore_errors=True)
    gathering.gather(root, source)
    write_references(root, source)
    front = source / "index.md"
    front.write_text(front.read_text(encoding="utf-8") + gathering.contents(source), encoding="utf-8")
    shutil.copyfile(root / "docs" / "conf.py", source / "conf.py")
    shutil.rmtree(site, ignore_errors=True)
    # A warning is an error: a page that nobody reaches, a heading out of place, a link to nowhere.
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going", "-q", "-j", "auto"]
    if subprocess.run([*command, str(source), str(site)], check=False).returncode:
        raise SiteUnbuilt("Sphinx says above what is wrong")
    if asks := list(third_parties.in_site(site)):
        raise SiteUnbuilt("\n".join(["these would ask somebody else when they are opened:", *asks]))
    return len(list(site.rglob("*.html")))


def write_references(root: Path, source: Path) -> None:
    """The pages that are made from the committed descriptions."""
    for path in sorted(root.glob("services/*/openapi.json")):
        name = path.parent.name
        text = openapi_page.page(json.loads(path.read_text(encoding="utf-8")), name)
        gathering.put(source / "reference" / f"{name}.md", text)
        gathering.copy(root, source, path.relative_to(root))
    contract = Path("schemas") / "asyncapi.json"
    gathering.copy(root, source, contract)
    described = json.loads((root / contract).read_text(encoding="utf-8"))
    avro = {
        address: json.loads((root / "schemas" / address).read_text(encoding="utf-8"))
        for address in asyncapi_page.schemas_of(described)
    }
    gathering.put(source / "reference" / "events.md", asyncapi_page.page(described, avro))


def main(argv: Sequence[str] | None = None) -> int:
    """Builds; 0 where all is well."""
    parser = argparse.ArgumentParser(prog="python -m exchange_command.documentation")
    parser.add_argument("root", type=Path, help="the repository")
    parser.add_argument("site", type=Path, help="folder to build into; what stands there goes")
    given = parser.parse_args(argv)
    try:
        count = build(given.root.resolve(), given.site.resolve())
    except SiteUnbuilt as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{count} pages: open {given.site / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
