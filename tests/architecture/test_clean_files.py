"""No file of the project names a package registry, a path of the machine it was written on, or a secret."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Each pattern holds a class of one character, so that none of them finds itself.
ADDRESSES = re.compile(
    r"(?<!no-emit-)index[-]url|--registry[= ]|\"resolved\": *\"http|registry *= *\"http|/maven[2]"
    r"|/simple/?[\"' ]|pypi[.]org|pythonhosted[.]org|registry[.]npmjs|repo1?[.]maven"
)
PLACES = re.compile(
    r"(?<![\w.])/(?:home|Users)/(?!invented/)[a-z][\w.-]*/|(?<![\w.])/root[/]|[A-Z]:\\Users\\"
)
SECRETS = re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE[ ]KEY-----|\bAKIA[0-9A-Z]{16}\b|\bghp_\w{36}\b")


def project_files() -> list[Path]:
    """Every file that is committed or would be."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def of_this_machine() -> re.Pattern[str]:
    """This checkout and this user's home, wherever the test runs."""
    return re.compile(
        "|".join(re.escape(f"{place}/") for place in {ROOT, Path.home()} if len(place.parts) > 1)
    )


def found_in(text: str) -> list[str]:
    patterns = (ADDRESSES, PLACES, SECRETS, of_this_machine())
    return [match.group() for pattern in patterns for match in pattern.finditer(text)]


def test_no_file_holds_an_address_a_place_or_a_secret() -> None:
    found = {}
    for path in project_files():
        hits = found_in(path.read_bytes().decode("utf-8", errors="replace"))
        if hits:
            found[str(path.relative_to(ROOT))] = hits
    assert found == {}


@pytest.mark.parametrize(
    "text",
    [
        "--index" + "-url https://example.org",
        "registry" + ' = "http://example.org"',
        "https://example.org/maven" + "2/org",
        "https://example.org/sim" + "ple/ ",
        "/home" + "/someone/project",
        "/ro" + "ot/project",
        f"{ROOT}/README.md",
        "-----BEGIN PRIVATE" + " KEY-----",
    ],
)
def test_each_of_them_is_found(text: str) -> None:
    assert found_in(text)


@pytest.mark.parametrize(
    "text", ['[registry]\nurl = "http://127.0.0.1:1"', "a simple answer", "/home or /root"]
)
def test_what_is_harmless_is_left_alone(text: str) -> None:
    assert not found_in(text)
