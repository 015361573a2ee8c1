"""`python -m ngo_bridge caseworkers`: accounts by hand, on the database of a bridge that may run beside."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bridge_kit import BASE, StandInEdge, a_config
from fastapi.testclient import TestClient
from page_kit import Browser

from ngo_bridge.__main__ import main
from ngo_bridge.app import build
from ngo_bridge.sign_in import one_time_codes
from ngo_bridge.sign_in.passwords import fresh_password


class Office:
    """A bridge that runs while accounts are changed by hand."""

    def __init__(self, settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.settings, self.capsys = settings, capsys
        app = build(StandInEdge(), a_config(settings.parent), self.now)  # type: ignore[arg-type]
        self.http = TestClient(app, base_url=BASE)
        self.later = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.later

    def hand(self, *words: str) -> list[dict[str, Any]]:
        """What a command prints, line by line."""
        assert main(["caseworkers", *words, "--settings", str(self.settings)]) == 0
        return [json.loads(line) for line in self.capsys.readouterr().out.splitlines()]

    def enters(self, made: dict[str, Any]) -> bool:
        """Whether these secrets open a session, with a code that nobody used."""
        self.later += timedelta(seconds=30)
        browser = Browser(self.http)
        browser.http.cookies.clear()
        browser.go("/sign-in")
        code = one_time_codes.code_at(made["codes"], self.now())
        page = browser.press("Sign in", name=made["name"], password=made["password"], code=code)
        return page.one("h1").text == "Today"


@pytest.fixture
def office(settings: Path, capsys: pytest.CaptureFixture[str]) -> Office:
    return Office(settings, capsys)


def test_who_is_added_signs_in_at_a_running_bridge_until_taken_away(office: Office) -> None:
    (made,) = office.hand("add", "--name", "invented-ash")
    assert office.enters(made)
    (listed,) = office.hand("list")
    assert (listed["name"], listed["role"], listed["may_sign_in"]) == ("invented-ash", "caseworker", True)
    assert listed["signed_in_at"] == 1
    assert not {made["password"], made["codes"]} & set(map(str, listed.values()))
    office.hand("revoke", made["caseworker_id"])
    assert Browser(office.http).go("/").one("h1").text == "Sign in"
    assert not office.enters(made)
    (listed,) = office.hand("list")
    assert (listed["may_sign_in"], listed["signed_in_at"]) == (False, 0)


def test_who_lost_everything_gets_new_secrets_and_the_old_ones_end(office: Office) -> None:
    (made,) = office.hand("add", "--name", "invented-ash", "--role", "supervisor")
    assert office.enters(made)
    (again,) = office.hand("reset", made["caseworker_id"])
    assert Browser(office.http).go("/").one("h1").text == "Sign in"
    assert not office.enters(made)
    assert office.enters(again)
    assert office.hand("list")[0]["role"] == "supervisor"


def test_who_is_besieged_gets_another_name(office: Office) -> None:
    (made,) = office.hand("add", "--name", "invented-ash")
    (again,) = office.hand("reset", made["caseworker_id"], "--name", "invented-quiet-name")
    assert not office.enters(again | {"name": "invented-ash"})
    assert office.enters(again)


def test_a_name_is_given_once(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    (made,) = office.hand("add", "--name", "invented-ash")
    (other,) = office.hand("add", "--name", "invented-birch")
    office.hand("revoke", made["caseworker_id"])
    told = ["--settings", str(office.settings)]
    assert main(["caseworkers", "add", "--name", "invented-ash", *told]) == 1
    assert main(["caseworkers", "reset", other["caseworker_id"], "--name", "invented-ash", *told]) == 1
    assert capsys.readouterr().err.count("choose another") == 2
    assert main(["caseworkers", "reset", made["caseworker_id"], *told]) == 1
    assert main(["caseworkers", "revoke", "nobody", *told]) == 1
    assert "caseworkers list" in capsys.readouterr().err


def test_all_of_it_is_in_the_audit_without_a_name(office: Office) -> None:
    (made,) = office.hand("add", "--name", "invented-ash")
    office.hand("reset", made["caseworker_id"])
    office.hand("revoke", made["caseworker_id"])
    office.hand("revoke", made["caseworker_id"])
    lines = office.hand("audit")
    assert [(line["kind"], line["actor"], line["about"]) for line in lines] == [
        (kind, "administrator", made["caseworker_id"])
        for kind in ("account-added", "account-reset", "account-revoked")
    ]
    assert office.hand("audit", "--after", str(lines[1]["number"])) == lines[2:]
    assert "invented" not in json.dumps(lines)


def test_an_app_can_scan_the_secret(office: Office) -> None:
    (made,) = office.hand("add", "--name", "invented-ash")
    assert made["codes_address"].startswith("otpauth://totp/")
    assert f"secret={made['codes']}" in made["codes_address"]
    assert len(made["codes"]) == 32


@pytest.mark.parametrize(
    "words", [("add", "--name", "Invented Ash"), ("add",), ("add", "--name", "a" * 64), ("forget",)]
)
def test_what_cannot_be_asked_of_accounts_is_said(settings: Path, words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["caseworkers", *words, "--settings", str(settings)])
    assert stopped.value.code == 2


def test_without_its_settings_no_account_is_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["caseworkers", "list", "--settings", str(tmp_path / "none.toml")]) == 2
    assert "no such settings file" in capsys.readouterr().err


def test_a_fresh_password_is_easy_to_read_aloud_and_hard_to_guess() -> None:
    made = {fresh_password() for _ in range(200)}
    assert len(made) == 200
    assert all(len(each.split("-")) == 5 and not set(each) & set("lo01") for each in made)
    assert len(set("".join(made)) - {"-"}) == 32
