"""`exchange up` makes the key of the operator's console once; `exchange sign-in operator` prints it."""

import json
import re
import stat
from pathlib import Path

import pytest
from console_kit import Steady

from exchange_command import console_key, service_settings
from exchange_command import main as command
from exchange_command.network import load_network
from exchange_command.places import Places
from status_board.console_key import ConsoleKey
from status_board.health import Watched


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    monkeypatch.setenv("EXCHANGE_HOME", str(tmp_path))
    monkeypatch.setenv("EXCHANGE_PORT_BASE", "25000")
    return Places(tmp_path, tmp_path / "cache", 25000)


def board(places: Places) -> dict[str, object]:
    return dict(service_settings.all_settings(places, load_network())["status_board"]["service"])


def test_the_key_is_random_its_owners_alone_and_made_once(places: Places, tmp_path: Path) -> None:
    console_key.make(places)
    made = console_key.load(places)
    assert re.fullmatch(r"(?:[0-9a-f]{4}-){7}[0-9a-f]{4}", made)
    assert stat.S_IMODE(console_key.file_of(places).stat().st_mode) == 0o600
    console_key.make(places)
    assert console_key.load(places) == made
    elsewhere = Places(tmp_path / "other", tmp_path, 25000)
    console_key.make(elsewhere)
    assert console_key.load(elsewhere) != made


def test_what_is_printed_opens_the_console_that_the_settings_describe(
    places: Places, capsys: pytest.CaptureFixture[str]
) -> None:
    console_key.make(places)
    assert command.main(["sign-in", "operator", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["page"] == "http://127.0.0.1:25011/"
    key = ConsoleKey(Path(str(board(places)["console_key"])), Steady())
    assert key.tried(shown["key"], "one") == "opens"
    assert command.main(["sign-in", "operator", "--token"]) == 0
    assert capsys.readouterr().out == f"{shown['key']}\n"


def test_without_a_key_it_says_what_makes_one(places: Places, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["sign-in", "operator"]) == 1
    assert "exchange up" in capsys.readouterr().err


def test_every_service_bridge_and_connector_is_watched(places: Places) -> None:
    network = load_network()
    watched = [Watched.of(each) for each in board(places)["watched"]]  # type: ignore[attr-defined]
    every = service_settings.all_settings(places, network)
    outside = {name for name in every if name.startswith("stand_in.")} | {"status_board", "registry.front"}
    assert {each.name for each in watched} - {"registry"} == set(every) - outside
    edges = {each.participant for each in watched if each.participant}
    assert edges == {*(p.id for p in network.with_bridges), *(p.id for p in network.connectors.values())}
