"""Who has room, what is stale, who is behind and by how much, and what stands in the quarantine."""

import ast
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from exchange_command import main as command
from referral_exchange.directory import Directory
from referral_exchange.events import CapacityReported, MessageQuarantined, ProgrammeListed, QuarantineClosed
from referral_exchange.oversight import lag, quarantine_classes, quarantined, room, words
from referral_exchange.oversight.lag import Lag
from referral_exchange.oversight.set_aside import Pointer, gathered
from referral_exchange.oversight.source import Source
from referral_exchange.oversight.trouble import LookFailed
from referral_exchange.runtime.tail import Partition

NOW = datetime(2031, 5, 4, 22, 15, tzinfo=UTC)
SERVICES = Path(__file__).resolve().parents[3] / "services"


def a_programme(name: str, **changes: Any) -> ProgrammeListed:
    listed = ProgrammeListed(
        event_id="00000000-0000-4000-8000-000000000001",
        occurred_at=NOW,
        programme_id=name,
        participant_id="sample",
        name=name,
        confidential=True,
        role="assistance",
        funding_streams=[],
        services=[],
        languages=[],
        region="Bay Side",
        age_bands=[],
        signing_key=bytes(32),
        key_id="1",
        access=[],
    )
    return replace(listed, **changes)


def said(name: str, **changes: Any) -> CapacityReported:
    report = CapacityReported(
        event_id="00000000-0000-4000-8000-000000000002",
        occurred_at=NOW,
        programme_id=name,
        capacity="capacity",
        room=1,
        accessible=False,
        languages=[],
        as_of=NOW - timedelta(hours=1),
        valid_until=NOW + timedelta(hours=1),
        programme_from=name,
        programme_to="service_directory",
    )
    return replace(report, **changes)


def a_directory() -> Directory:
    directory = Directory()
    for listed in (
        *(a_programme(name) for name in ("full", "silent", "stale", "zero", "fresh")),
        a_programme("consent_ledger", role="exchange_service"),
    ):
        directory.apply(listed)
    for report in (
        said("fresh"),
        said("stale", valid_until=NOW),
        said("full", capacity="no_capacity"),
        said("zero", room=0),
    ):
        directory.apply(report)
    return directory


def test_those_with_room_come_first_and_the_believable_before_the_stale() -> None:
    every = room.rooms(a_directory(), NOW)
    assert [each.programme.programme_id for each in every] == ["fresh", "stale", "full", "zero", "silent"]
    assert [each.programme.programme_id for each in room.with_room(every)] == ["fresh", "stale"]
    assert [each.stale(NOW) for each in every] == [False, True, False, False, False]


def test_what_was_never_said_is_null() -> None:
    silent = room.as_json(room.rooms(a_directory(), NOW)[-1], NOW)
    assert (silent["capacity"], silent["as_of"], silent["stale"]) == (None, None, False)


def test_an_unknown_number_of_places_is_room() -> None:
    assert room.Room(a_programme("fresh"), said("fresh", room=None)).has_room


def a_lag(unread: int, oldest: timedelta | None = None) -> Lag:
    return Lag("sample.edge", "inbox.sample", unread, NOW - oldest if oldest else None, True)


@pytest.mark.parametrize(
    ("most", "oldest_s", "over"),
    [(None, None, 0), (5, None, 0), (4, None, 1), (None, 60, 0), (None, 59, 1), (5, 59, 1)],
)
def test_only_what_passes_a_limit_is_over_it(most: int | None, oldest_s: float | None, over: int) -> None:
    lags = [a_lag(0), a_lag(5, timedelta(minutes=1))]
    assert len(lag.above(lags, most, oldest_s, NOW)) == over


def test_who_should_read_what_is_known_without_asking_anybody() -> None:
    topics = ["inbox.sample", "outbox.sample", "consents", "operations", "referral-progress", "directory"]
    assert list(lag.expected(topics)) == [
        ("sample.edge", "inbox.sample"),
        ("referral_router", "outbox.sample"),
        ("referral_router", "consents"),
        ("referral_router", "operations"),
        ("status_board", "referral-progress"),
    ]


def set_aside(at: datetime = NOW, offset: int = 7) -> MessageQuarantined:
    return MessageQuarantined(
        event_id="00000000-0000-4000-8000-000000000003",
        occurred_at=at,
        topic="outbox.sample",
        partition=2,
        offset=offset,
        code="malformed",
    )


def closed(at: datetime) -> QuarantineClosed:
    return QuarantineClosed(
        event_id="00000000-0000-4000-8000-000000000004",
        occurred_at=at,
        topic="outbox.sample",
        partition=2,
        offset=7,
        how="dropped",
    )


def test_a_closed_pointer_is_open_again_only_when_set_aside_anew() -> None:
    later = NOW + timedelta(minutes=1)
    told_again = gathered([set_aside(), closed(later), set_aside()])
    assert [each.how for each in told_again] == ["dropped"]
    anew = gathered([set_aside(), closed(later), set_aside(later + timedelta(seconds=1))])
    assert [each.how for each in anew] == [None]


def test_a_closing_of_what_nobody_set_aside_is_nothing() -> None:
    assert gathered([closed(NOW)]) == []


def test_the_oldest_comes_first() -> None:
    found = gathered([set_aside(), set_aside(NOW - timedelta(days=1), offset=9)])
    assert [each.pointer.offset for each in found] == [9, 7]


def test_a_pointer_is_read_as_it_is_written() -> None:
    pointer = Pointer("outbox.sample", 2, 7)
    assert quarantined.read_pointer(str(pointer)) == pointer


@pytest.mark.parametrize("typed", ["", "outbox.sample", "outbox.sample/2", "outbox.sample/two/7", "a/-1/7"])
def test_what_is_no_pointer_is_refused(typed: str) -> None:
    with pytest.raises(LookFailed, match="topic/partition/offset"):
        quarantined.read_pointer(typed)


def codes_in(path: Path, calls: set[str]) -> set[str]:
    """Every code that a module raises or sets aside."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in calls:
            found |= {a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)}
        elif isinstance(node, ast.Return) and isinstance(node.value, ast.Constant):
            found.add(str(node.value.value))
    return {code for code in found if re.fullmatch(r"[a-z]+(-[a-z]+)+", code)}


@pytest.mark.parametrize(
    "module",
    [
        "referral_exchange/codec.py",
        "referral_router/consents.py",
        "participant_edge/verification.py",
        "participant_edge/incoming.py",
    ],
)
def test_every_class_that_can_be_set_aside_is_explained(module: str) -> None:
    codes = codes_in(SERVICES / module, {"Undecodable"})
    assert codes
    assert codes - {"unencodable"} <= quarantine_classes.MEANINGS.keys()


def test_a_class_of_a_newer_exchange_is_explained_too() -> None:
    assert quarantine_classes.meaning("never-heard-of").do


@pytest.mark.parametrize(
    "argv",
    [
        ["quarantine"],
        ["quarantine", "show"],
        ["quarantine", "purge"],
        ["tail"],
        ["tail", "consents", "--max", "0"],
        ["tail", "consents", "--max", "many"],
        ["lag", "--max", "few"],
        ["journey"],
    ],
)
def test_a_wrong_command_line_is_a_usage_error(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(argv)
    assert ended.value.code == 2
    assert "usage: exchange" in capsys.readouterr().err


@pytest.mark.parametrize(
    "argv", [["lag"], ["capacity"], ["tail", "consents"], ["quarantine", "list"], ["journey", "0" * 32]]
)
def test_a_broker_that_is_away_is_said_in_one_line(
    argv: list[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    free_port_base: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("referral_exchange.oversight.source._ANSWER_S", 0.2)
    monkeypatch.setenv("EXCHANGE_HOME", str(tmp_path))
    monkeypatch.setenv("EXCHANGE_PORT_BASE", str(free_port_base))
    assert command.main(argv) == 1
    told = capsys.readouterr().err.splitlines()
    assert [line for line in told if "is it up?" in line] == told[-1:]


def test_another_exchange_is_named_by_a_settings_file(
    tmp_path: Path, free_port_base: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("referral_exchange.oversight.source._ANSWER_S", 0.2)
    file = tmp_path / "elsewhere.toml"
    broker = f'[kafka]\n"bootstrap.servers" = "127.0.0.1:{free_port_base}"\n'
    file.write_text(f'{broker}[registry]\nurl = "http://127.0.0.1:1"\n', encoding="utf-8")
    assert command.main(["lag", "--settings", str(file)]) == 1
    assert f"127.0.0.1:{free_port_base}" in capsys.readouterr().err
    file.write_text(broker, encoding="utf-8")
    assert command.main(["lag", "--settings", str(file)]) == 1
    assert "[registry] url is missing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("span", "shown"),
    [
        (timedelta(milliseconds=5), "5 ms"),
        (timedelta(seconds=90), "90 s"),
        (timedelta(minutes=90), "90 min"),
        (timedelta(hours=30), "30 h"),
        (timedelta(days=3), "3 d"),
        (timedelta(seconds=-1), "0 ms"),
        (None, ""),
    ],
)
def test_ages_are_one_number(span: timedelta | None, shown: str) -> None:
    assert words.age(span) == shown


def test_what_is_only_looked_at_for_offsets_counts_no_marker_as_mail() -> None:
    inbox, outbox_ = Partition("inbox.sample", 0), Partition("outbox.sample", 0)
    assert [lag.Place("sample.edge", inbox, 7, end, True).unread for end in (6, 7, 8, 9)] == [0, 0, 0, 2]
    assert [lag.Place("referral_router", outbox_, 7, end, True).unread for end in (6, 7, 8)] == [0, 0, 1]


def test_what_is_asked_of_the_router_names_who_asked() -> None:
    settings = {"bootstrap.servers": "127.0.0.1:1"}
    assert Source(settings, "", group="status_board.console").asker == "status_board"
    assert Source(settings, "").asker == "operator"
