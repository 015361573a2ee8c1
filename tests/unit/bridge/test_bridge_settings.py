"""What a bridge is told, and how it says that something is missing."""

from pathlib import Path
from typing import Any

import pytest

from ngo_bridge import config
from ngo_bridge.__main__ import main
from referral_exchange.settings import Settings, SettingsError


def told(**service: Any) -> Settings:
    least = {
        "participant": "lantern-outreach",
        "programmes": ["lantern-case-management"],
        "data": "data",
        "host": "127.0.0.1",
        "port": 21020,
    }
    return Settings(kafka={}, registry_url="", service=least | service)


def test_the_least_that_is_needed_names_the_usual_help() -> None:
    found = config.from_settings(told())
    assert found.origins == ("http://127.0.0.1:21020", "http://localhost:21020")
    assert found.help_lines == config.HelpLines("911", "1-888-373-7888", "233733", "711")
    assert not found.secure


def test_everything_else_can_be_set() -> None:
    found = config.from_settings(
        told(
            origins=["https://bridge.example"],
            help={"call": "0800-invented"},
            must_report=["A child in danger."],
            timezone="America/Chicago",
            database="postgresql+psycopg://invented@127.0.0.1/bridge",
        )
    )
    assert found.secure
    assert found.database_url == "postgresql+psycopg://invented@127.0.0.1/bridge"
    assert (found.help_lines.call, found.help_lines.emergency) == ("0800-invented", "911")
    assert found.must_report == ("A child in danger.",)
    assert str(found.timezone) == "America/Chicago"


@pytest.mark.parametrize(
    ("wrong", "names"),
    [
        ({"help": {"colour": "blue"}}, "colour"),
        ({"timezone": "Nowhere/Place"}, "timezone"),
        ({"database": "not a url"}, "database"),
        ({"database": 7}, "database"),
    ],
)
def test_a_wrong_setting_is_named(wrong: dict[str, Any], names: str) -> None:
    with pytest.raises(SettingsError, match=names):
        config.from_settings(told(**wrong))


@pytest.mark.parametrize("name", ["participant", "programmes", "data", "host", "port"])
def test_a_missing_setting_is_named(name: str) -> None:
    settings = told()
    service = {key: value for key, value in settings.service.items() if key != name}
    with pytest.raises(SettingsError, match=name):
        config.from_settings(Settings(kafka={}, registry_url="", service=service))


def test_without_its_file_it_ends_and_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--settings", str(tmp_path / "none.toml")]) == 2
    assert "none.toml" in capsys.readouterr().err
