"""The import contracts of pyproject.toml hold, cover every rules.py, and do fail on a forbidden import."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ROOT / "services"
CONNECTORS = ROOT / "connectors"
LINTER: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "importlinter"
]
CONTRACTS: dict[str, Any] = {contract["id"]: contract for contract in LINTER["contracts"]}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    roots = os.pathsep.join(str(folder / name) for name in ("services", "connectors"))
    environment = {**os.environ, "PYTHONPATH": roots}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source tree, to be spoilt."""
    folder = tmp_path_factory.mktemp("spoilt")
    shutil.copy(ROOT / "pyproject.toml", folder)
    not_python = shutil.ignore_patterns("__pycache__", "*.html", "*.css", "*.md")
    for source in (SERVICES, CONNECTORS):
        shutil.copytree(source, folder / source.name, ignore=not_python)
    return folder


def test_the_contracts_are_kept() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "line", "broken"),
    [
        ("consent_ledger/rules.py", "import time", "pure"),
        ("ngo_bridge/rules.py", "import httpx", "pure"),
        ("participant_edge/rules.py", "from confluent_kafka import Producer", "pure"),
        ("referral_router/rules.py", "import logging", "pure"),
        ("status_board/rules.py", "from os import environ", "pure"),
        ("status_board/rules.py", "from status_board import app", "pure"),
        ("referral_exchange/shape.py", "import socket", "pure"),
        ("consent_ledger/__init__.py", "import referral_router", "layers"),
        ("ngo_bridge/__init__.py", "import consent_ledger", "layers"),
        ("participant_edge/__init__.py", "import ngo_bridge", "layers"),
        ("status_board/__init__.py", "import exchange_command", "layers"),
        ("referral_exchange/ids.py", "import participant_edge", "layers"),
        ("referral_router/__init__.py", "import participant_edge", "edge"),
        ("fhir_health/mapping.py", "import httpx", "pure"),
        ("fhir_health/__init__.py", "import ngo_bridge", "layers"),
        ("participant_edge/kit/__init__.py", "import fhir_health", "layers"),
    ],
)
def test_a_forbidden_import_is_found(copy: Path, module: str, line: str, broken: str) -> None:
    path = next(
        root / module for root in (copy / "services", copy / "connectors") if (root / module).exists()
    )
    before = path.read_text(encoding="utf-8")
    path.write_text(f"{before}\n{line}\n", encoding="utf-8")
    try:
        done = lint(copy)
    finally:
        path.write_text(before, encoding="utf-8")
    assert done.returncode == 1
    assert f"{CONTRACTS[broken]['name']} BROKEN" in done.stdout


def test_every_rules_file_is_held_pure() -> None:
    found = (path.relative_to(SERVICES).with_suffix("") for path in SERVICES.rglob("rules.py"))
    assert {".".join(path.parts) for path in found} <= set(CONTRACTS["pure"]["source_modules"])


def test_every_mapping_of_a_connector_is_held_pure() -> None:
    found = {f"{path.parent.name}.mapping" for path in CONNECTORS.glob("*/mapping.py")}
    assert found
    assert found <= set(CONTRACTS["pure"]["source_modules"])


def test_every_package_has_its_layer() -> None:
    packages = {path.parent.name for root in (SERVICES, CONNECTORS) for path in root.glob("*/__init__.py")}
    layered = {name for layer in CONTRACTS["layers"]["layers"] for name in layer.split(" | ")}
    assert packages == layered == set(LINTER["root_packages"])


def test_what_touches_the_world_is_forbidden_to_rules() -> None:
    forbidden = set(CONTRACTS["pure"]["forbidden_modules"])
    assert {"asyncio", "io", "logging", "os", "pathlib", "random", "secrets", "socket"} <= forbidden
    assert {"subprocess", "threading", "time", "confluent_kafka", "httpx", "sqlalchemy"} <= forbidden
