"""`exchange` finds its verbs, loads only the one it is asked for, and speaks plainly when it cannot."""

import subprocess
import sys

import pytest

from exchange_command import main as command
from exchange_command.problem import Problem


def test_help_lists_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(["--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert all(verb in told for verb in command.VERBS)


@pytest.mark.parametrize("argv", [[], ["no-such-verb"], ["up", "--no-such-option"]])
def test_what_it_does_not_know_is_a_usage_error(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(argv)
    assert ended.value.code == 2
    assert "usage: exchange" in capsys.readouterr().err


@pytest.mark.parametrize("verb", sorted(command.VERBS))
def test_every_verb_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main([verb, "--help"])
    assert ended.value.code == 0
    assert f"usage: exchange {verb}" in capsys.readouterr().out


def test_a_problem_is_one_line_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise Problem("the invented thing is missing; bring it")

    monkeypatch.setattr("exchange_command.verbs.status.platform_here", fail)
    assert command.main(["status"]) == 1
    assert capsys.readouterr().err == "exchange status: the invented thing is missing; bring it\n"


def test_a_wrong_environment_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EXCHANGE_PORT_BASE", "high")
    assert command.main(["status"]) == 1
    assert "EXCHANGE_PORT_BASE" in capsys.readouterr().err


def test_an_unknown_process_is_told_with_those_there_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EXCHANGE_HOME", str(tmp_path))
    assert command.main(["up", "--only", "kafak"]) == 1
    assert "choose among kafka, registry" in capsys.readouterr().err


def test_asking_for_help_loads_no_platform() -> None:
    code = (
        "import sys; from exchange_command import main\n"
        "try: main.main(['--help'])\n"
        "except SystemExit: pass\n"
        "assert 'exchange_command.platform' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
