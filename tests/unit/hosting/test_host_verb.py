"""`exchange host`: what it answers, and that nothing starts where the kernel cannot keep bridges apart."""

import json
from pathlib import Path

import pytest
from coalition_kit import HOSTED, coalition_file

from exchange_command.hosting import coalition, landlock
from exchange_command.hosting.running import Host
from exchange_command.main import main
from exchange_command.places import Places


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_port_base: int) -> Path:
    monkeypatch.setenv("EXCHANGE_HOME", str(tmp_path / "exchange"))
    return coalition_file(tmp_path, free_port_base)


def test_the_status_of_what_never_ran_ends_with_1_and_makes_nothing(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["host", str(file), "status", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [(each["id"], each["running"], each["ready"]) for each in told] == [
        (name, False, False) for name in HOSTED
    ]
    assert not (file.parent / "hosted").exists()


def test_stopping_what_does_not_run_is_as_asked(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["host", str(file), "stop", "--only", HOSTED[1]]) == 0
    shown = capsys.readouterr().out
    assert f"{HOSTED[1]} " in shown
    assert "does not run" in shown
    assert HOSTED[0] not in shown


def test_without_walls_in_the_kernel_nothing_starts(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(landlock, "version", lambda: 3)
    assert main(["host", str(file)]) == 1
    said = capsys.readouterr().err
    assert "Landlock version 3" in said
    assert "walls = false" in said
    assert not (file.parent / "hosted").exists()


def test_who_says_so_goes_on_without_walls(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It then gets as far as the exchange of this machine, which is not there."""
    monkeypatch.setattr(landlock, "version", lambda: 0)
    file.write_text("walls = false\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    told = coalition.load(file)
    here = Places(file.parent / "exchange", file.parent / "cache", 22900)
    found = Host(told, here).start(told.bridges)
    assert [bridge.running for bridge in found] == [False] * 3
    assert all(bridge.problem for bridge in found)
    assert (file.parent / "hosted" / "keys" / HOSTED[0]).is_dir()


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["host", str(tmp_path / "none.toml")]) == 1
    assert "none.toml" in capsys.readouterr().err
