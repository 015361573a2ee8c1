"""The kit: what a connector declares, where it has read to, and how it waits."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import fhir_health
from participant_edge.delivery import NotDelivered
from participant_edge.errors import OutcomeUnknown
from participant_edge.kit import __main__ as command
from participant_edge.kit import manifest, runner
from participant_edge.kit.cursors import CursorFile
from participant_edge.kit.manifest import ManifestError
from participant_edge.kit.polling import Poller
from participant_edge.kit.subject_tokens import SubjectTokens
from participant_edge.own_memory import open_memory
from referral_exchange.runtime.lifecycle import Stop
from referral_exchange.settings import Settings, SettingsError

FOLDER = Path(str(fhir_health.__file__)).parent
WHOLE = """
name = "{name}"
title = "An invented system"
standards = []
guard = "conditional-create"
opens = true
events = ["ReferralOffered"]
[polling]
every_s = 5
longest_wait_s = 300
[settings.system_url]
kind = "text"
says = "where it is"
"""


def written(folder: Path, change: Callable[[str], str] = lambda text: text) -> Path:
    text = change(WHOLE.format(name=folder.name))
    (folder / "connector.toml").write_text(text, encoding="utf-8")
    return folder


def test_the_health_connector_declares_itself() -> None:
    described = manifest.read(FOLDER)
    assert (described.name, described.guard, described.opens) == ("fhir_health", "conditional-create", True)
    told = described.told(settings(system_url="http://x", programmes=["a"]))
    assert told == {"system_url": "http://x", "token_file": "", "timeout_s": 10, "programmes": ["a"]}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda text: text.replace('guard = "conditional-create"', ""), "lacks 'guard'"),
        (lambda text: text.replace("conditional-create", "hope"), "guard must be one of"),
        (lambda text: text.replace("every_s = 5", "every_s = 0"), "0 < every_s"),
        (lambda text: text.replace("longest_wait_s = 300", "longest_wait_s = 99999"), "<= 3600"),
        (lambda text: text.replace('kind = "text"', 'kind = "poem"'), "setting system_url must be one of"),
        (lambda text: text.replace('name = "', 'name = "other-'), "name the folder's"),
        (lambda text: "[", "is not TOML"),
    ],
)
def test_a_manifest_that_is_wrong_says_where(tmp_path: Path, change: Any, says: str) -> None:
    with pytest.raises(ManifestError, match=says):
        manifest.read(written(tmp_path, change))


def test_a_folder_without_manifest_is_no_connector(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"has no connector\.toml"):
        manifest.read(tmp_path)


def settings(**service: Any) -> Settings:
    return Settings({"bootstrap.servers": "x"}, "http://registry", service=service)


@pytest.mark.parametrize(
    ("service", "says"),
    [({}, "system_url is missing: where it is"), ({"system_url": 7}, "system_url must be text")],
)
def test_a_setting_that_is_missing_or_wrong_is_named(
    tmp_path: Path, service: dict[str, Any], says: str
) -> None:
    with pytest.raises(SettingsError, match=says):
        manifest.read(written(tmp_path)).told(settings(**service))


def test_a_connector_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SettingsError, match="no such connector"):
        runner.find("no_such_connector")
    file = tmp_path / "settings.toml"
    file.write_text(
        '[kafka]\n"bootstrap.servers" = "x"\n[registry]\nurl = "http://x"\n'
        '[service]\nconnector = "no_such_connector"\n',
        encoding="utf-8",
    )
    assert command.main(["--settings", str(file)]) == 2
    assert "no such connector" in capsys.readouterr().err


def test_a_cursor_is_kept_whole(tmp_path: Path) -> None:
    cursors = CursorFile(tmp_path / "own")
    assert cursors.read() == ""
    cursors.write("first")
    (tmp_path / "own" / "cursor.new").write_text("half", encoding="utf-8")
    assert CursorFile(tmp_path / "own").read() == "first"
    cursors.write("second")
    assert CursorFile(tmp_path / "own").read() == "second"


class Scripted:
    """A system whose turns go as told: a cursor, or an error."""

    def __init__(self, *turns: str | Exception) -> None:
        self.turns = list(turns)
        self.asked: list[str] = []

    def turn(self, edge: Any, cursor: str) -> str:
        self.asked.append(cursor)
        told = self.turns.pop(0)
        if isinstance(told, Exception):
            raise told
        return told


def poller(tmp_path: Path, *turns: str | Exception) -> tuple[Poller, Scripted]:
    system = Scripted(*turns)
    made = Poller(system, None, CursorFile(tmp_path), 5.0, 300.0, lambda: None)  # type: ignore[arg-type]
    return made, system


def test_the_cursor_follows_success_only(tmp_path: Path) -> None:
    polls, system = poller(tmp_path, "1", NotDelivered("http-500"), OutcomeUnknown("?"), "2", "2")
    assert [polls.turn() for _ in range(5)] == [True, False, False, True, True]
    assert system.asked == ["", "1", "1", "1", "2"]


def test_it_waits_longer_each_time_and_never_for_ever(tmp_path: Path) -> None:
    polls, _ = poller(tmp_path, *(NotDelivered("unreachable") for _ in range(40)), "done")
    waits = []
    for _ in range(40):
        polls.turn()
        waits.append(polls.wait_s())
    assert waits[:3] == [10.0, 20.0, 40.0]
    assert max(waits) == waits[-1] == 300.0
    assert polls.code == "unreachable"
    polls.turn()
    assert (polls.wait_s(), polls.code) == (5.0, None)


def test_a_bug_ends_the_process_loudly_and_names_no_data(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ended: list[bool] = []
    polls, _ = poller(tmp_path, ValueError("Ondine Invented"))
    polls.on_failure = lambda: ended.append(True)
    polls.start()
    polls.stop()
    assert ended == [True]
    assert "ValueError at" in caplog.text
    assert "Ondine" not in caplog.text


def test_a_person_keeps_the_token_through_a_restart_and_is_not_named_on_disk(tmp_path: Path) -> None:
    memory = open_memory(tmp_path / "keys", "invented")
    first = SubjectTokens(tmp_path / "people", memory).of("Patient/Ondine")
    later = SubjectTokens(tmp_path / "people", open_memory(tmp_path / "keys", "invented"))
    assert later.of("Patient/Ondine") == first != later.of("Patient/Other")
    kept = [*(tmp_path / "people").iterdir()]
    assert len(kept) == 2
    assert all("Ondine" not in each.name and first.encode() not in each.read_bytes() for each in kept)
    assert all(each.stat().st_mode & 0o077 == 0 for each in kept)


class Standing:
    """An edge that is ready after some looks."""

    def __init__(self, looks: int = 0) -> None:
        self.looks = looks

    def ready(self) -> bool:
        self.looks -= 1
        return self.looks < 0


def test_a_connector_whose_system_is_away_is_ready_and_says_so(tmp_path: Path) -> None:
    polls, system = poller(tmp_path, NotDelivered("http-503"))
    system.figures = lambda: {"requests": 1}  # type: ignore[attr-defined]
    polls.turn()
    described = manifest.read(FOLDER)
    ready, figures = runner.report(described, system, Standing(), polls)  # type: ignore[arg-type]
    assert ready
    assert figures == {
        "connector": "fhir_health",
        "guard": "conditional-create",
        "system": "http-503",
        "turns_failed": 1,
        "requests": 1,
    }


def test_the_system_is_not_asked_before_the_exchange_is_known() -> None:
    went: list[str] = []
    edge = Standing(2)
    runner._when_ready(edge, Stop(), lambda: went.append("go"))  # type: ignore[arg-type]
    assert (went, edge.looks) == (["go"], -1)
    stopped = Stop()
    stopped.ask()
    runner._when_ready(Standing(9), stopped, lambda: went.append("again"))  # type: ignore[arg-type]
    assert went == ["go"]
