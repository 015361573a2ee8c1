"""What `make bench` keeps: whole reports only, each with how busy the machine was, never with its name."""

import importlib.util
import json
import socket
from pathlib import Path
from types import ModuleType

import pytest

BENCH = Path(__file__).parents[1] / "bench"


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    made = importlib.util.spec_from_file_location("bench_run", BENCH / "run.py")
    assert made is not None
    assert made.loader is not None
    module = importlib.util.module_from_spec(made)
    made.loader.exec_module(module)
    return module


def kept(folder: Path) -> dict[str, object]:
    loaded: dict[str, object] = json.loads((folder / "results" / "one.json").read_text())
    return loaded


def test_a_report_is_kept_with_the_state_of_the_machine(bench: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("print('{\"ratio\": 1.2}')")
    assert bench.run("one", tmp_path)
    report = kept(tmp_path)
    assert report["ratio"] == 1.2
    assert set(report["machine"]) == {"cores", "python", "load_before", "calm"}  # type: ignore[call-overload]


@pytest.mark.parametrize("ends", ["raise SystemExit('refused: wrong')", "1 / 0"])
def test_a_bench_that_refuses_leaves_the_last_report(bench: ModuleType, tmp_path: Path, ends: str) -> None:
    (tmp_path / "one.py").write_text("print('{\"ratio\": 1.2}')")
    bench.run("one", tmp_path)
    before = kept(tmp_path)
    (tmp_path / "one.py").write_text(f"print('{{}}')\n{ends}\n")
    assert not bench.run("one", tmp_path)
    assert kept(tmp_path) == before


def test_every_bench_is_there_and_no_report_names_a_machine(bench: ModuleType) -> None:
    assert all((BENCH / f"{name}.py").is_file() for name in bench.BENCHES)
    for report in (BENCH / "results").glob("*.json"):
        told = report.read_text(encoding="utf-8")
        assert "machine" in json.loads(told)
        assert f'"{socket.gethostname()}"' not in told
