"""The bill of materials names all that is installed, by hash, and is the same bytes for everybody."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from exchange_command import bill_of_materials
from exchange_command.bill_of_materials import LockUnreadable, as_text, bill, main, pinned_files, read_lock

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements.lock"


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return bill(read_lock(LOCK.read_text(encoding="utf-8")), pinned_files())


def test_every_package_and_every_pinned_file_is_in_it_with_its_hashes(found: dict[str, Any]) -> None:
    held = {
        (each["name"], each["version"]): {one["content"] for one in each["hashes"]}
        for each in found["components"]
    }
    text = LOCK.read_text(encoding="utf-8")
    locked = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", text, re.MULTILINE)
    assert len(locked) > 100
    assert set(locked) <= held.keys()
    assert set(re.findall(r"sha256:([0-9a-f]{64})", text)) <= set().union(*held.values())
    jars = [
        line.split(" sha256:")
        for path in (ROOT / "deploy" / "platform").glob("*.jars")
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    assert len(jars) > 40
    for coordinates, digest in jars:
        _group, name, version, *_ = coordinates.split(":")
        assert digest in held[name, version]


def test_it_is_valid_and_names_what_it_is_about(found: dict[str, Any]) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(as_text(found)) is None
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    about = found["metadata"]["component"]
    assert (about["name"], about["version"]) == (project["name"], project["version"])


def test_two_people_write_the_same_bytes(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    copy = elsewhere / "the.lock"
    copy.write_bytes(LOCK.read_bytes())
    command = [sys.executable, "-m", bill_of_materials.__name__]
    for where, lock, to in ((ROOT, LOCK, tmp_path / "a" / "1.json"), (elsewhere, copy, elsewhere / "2.json")):
        environment = {
            "PYTHONHASHSEED": str(len(where.parts)),
            "TZ": "Asia/Tokyo",
            "PYTHONPATH": str(ROOT / "services"),
        }
        subprocess.run([*command, str(lock), str(to)], cwd=where, env=environment, check=True)
    assert (tmp_path / "a" / "1.json").read_bytes() == (elsewhere / "2.json").read_bytes()


def test_it_holds_no_index_no_machine_and_no_time(found: dict[str, Any]) -> None:
    text = as_text(found)
    assert re.findall(r"https?://[^\"]+", text) == ["http://cyclonedx.org/schema/bom-1.6.schema.json"]
    for barred in (str(ROOT), str(Path.home()), "/usr/", "timestamp", "index"):
        assert barred not in text, barred


def test_what_only_builds_and_tests_is_told_apart(found: dict[str, Any]) -> None:
    scope = {each["name"]: each["scope"] for each in found["components"]}
    assert {scope[name] for name in ("pytest", "ruff", "hypothesis", "cyclonedx-bom")} == {"excluded"}
    assert {scope[name] for name in ("cryptography", "cedarpy", "starlette", "kafka-clients")} == {"required"}


def test_who_needs_what_is_told(found: dict[str, Any]) -> None:
    refs = {each["bom-ref"] for each in found["components"]} | {found["metadata"]["component"]["bom-ref"]}
    assert len(refs) == len(found["components"]) + 1
    needs = {each["ref"]: each["dependsOn"] for each in found["dependencies"]}
    assert set().union(*needs.values()) | needs.keys() <= refs
    of_fastapi = next(needs[ref] for ref in needs if ref.startswith("pkg:pypi/fastapi@"))
    assert any(ref.startswith("pkg:pypi/starlette@") for ref in of_fastapi)


@pytest.mark.parametrize(
    "lock", ["somepackage==1.0\n    # via x\n", "somepackage>=1 --hash=sha256:" + "a" * 64]
)
def test_a_lock_that_pins_no_file_is_refused(
    lock: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(LockUnreadable, match="make lock"):
        read_lock(lock)
    (tmp_path / "x.lock").write_text(lock, encoding="utf-8")
    assert main([str(tmp_path / "x.lock"), str(tmp_path / "x.json")]) == 1
    assert not (tmp_path / "x.json").exists()
    assert "make lock" in capsys.readouterr().err


def test_another_hash_makes_another_bill(found: dict[str, Any]) -> None:
    lock = read_lock(LOCK.read_text(encoding="utf-8").replace("sha256:0", "sha256:1", 1))
    assert bill(lock, pinned_files())["serialNumber"] != found["serialNumber"]
