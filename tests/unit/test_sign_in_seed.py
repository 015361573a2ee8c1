"""`exchange up` lets one invented caseworker in at each bridge; `exchange sign-in` shows how."""

import json
from pathlib import Path

import pytest
from bridge_kit import BASE, StandInEdge
from fastapi.testclient import TestClient
from page_kit import Browser

from exchange_command import main as command
from exchange_command import service_settings, sign_in_seed
from exchange_command.network import load_network
from exchange_command.places import Places
from exchange_command.progress import Silent
from exchange_command.sign_in_seed import NobodySignsIn
from ngo_bridge import config
from ngo_bridge.app import build
from referral_exchange.settings import load

LANTERN, HARBOR = "lantern-outreach", "harbor-house"
BRIDGES = {f"ngo_bridge.{name}": None for name in (LANTERN, HARBOR)}


@pytest.fixture
def places(tmp_path: Path) -> Places:
    made = Places(tmp_path / "home", tmp_path / "cache", 21000)
    for name, sections in service_settings.all_settings(made, load_network()).items():
        service_settings.write(made.settings, name, sections)
    return made


def seed(places: Places, *names: str) -> None:
    chosen = {name: None for name in names or BRIDGES}
    sign_in_seed.make_all(places, load_network(), chosen, Silent())  # type: ignore[arg-type]


def enters(places: Places, capsys: pytest.CaptureFixture[str]) -> tuple[str, int]:
    """What the page shows after signing in as `exchange sign-in` says, and what the API answers the token."""
    told = config.from_settings(load(places.settings / f"ngo_bridge.{LANTERN}.toml"))
    app = build(StandInEdge(), told)  # type: ignore[arg-type]
    with TestClient(app, base_url=BASE) as http:
        browser = Browser(http)
        browser.go("/sign-in")
        shown = asked(capsys)
        typed = {name: shown[name] for name in ("name", "password", "code")}
        heading = browser.press("Sign in", **typed).one("h1").text
        return heading, http.get("/v1/inbox", headers=sign_in_seed.bearer(places, LANTERN)).status_code


def asked(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    assert command.main(["sign-in", LANTERN, "--json"]) == 0
    shown: dict[str, str] = json.loads(capsys.readouterr().out)
    return shown


def test_the_secrets_that_are_shown_open_the_bridge(
    places: Places, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXCHANGE_HOME", str(places.home))
    seed(places)
    assert asked(capsys)["page"] == "http://127.0.0.1:21020/sign-in"
    assert enters(places, capsys) == ("Today", 200)


def test_each_bridge_has_its_own_for_the_owner_of_the_files_only(places: Places) -> None:
    seed(places)
    files = [sign_in_seed.file_of(places, name) for name in (LANTERN, HARBOR)]
    assert [path.stat().st_mode & 0o777 for path in files] == [0o600, 0o600]
    assert files[0].parent.stat().st_mode & 0o777 == 0o700
    assert sorted(path.name for path in files[0].parent.iterdir()) == sorted(path.name for path in files)
    one, other = (sign_in_seed.load(places, name) for name in (LANTERN, HARBOR))
    assert not {one.password, one.codes, one.token} & {other.password, other.codes, other.token}
    assert one.password not in repr(one)


def test_a_second_time_changes_nothing_and_a_lost_database_gets_a_new_one(
    places: Places, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXCHANGE_HOME", str(places.home))
    seed(places)
    first = sign_in_seed.file_of(places, LANTERN).read_text()
    seed(places)
    assert sign_in_seed.file_of(places, LANTERN).read_text() == first
    for path in places.data(f"ngo_bridge.{LANTERN}").glob("bridge.*"):
        path.unlink()
    seed(places)
    assert sign_in_seed.file_of(places, LANTERN).read_text() != first
    assert enters(places, capsys) == ("Today", 200)


def test_a_lost_file_gets_new_secrets_at_the_same_account(
    places: Places, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXCHANGE_HOME", str(places.home))
    seed(places)
    sign_in_seed.file_of(places, LANTERN).unlink()
    seed(places)
    assert enters(places, capsys) == ("Today", 200)


def test_only_for_bridges_that_are_started(places: Places) -> None:
    seed(places, "kafka", f"ngo_bridge.{LANTERN}")
    assert sign_in_seed.file_of(places, LANTERN).exists()
    with pytest.raises(NobodySignsIn, match="exchange up"):
        sign_in_seed.load(places, HARBOR)


def test_who_has_no_bridge_is_told_so(
    places: Places, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXCHANGE_HOME", str(places.home))
    assert command.main(["sign-in", "nobody-here"]) == 1
    assert "nobody signs in for nobody-here here" in capsys.readouterr().err
    seed(places)
    assert command.main(["sign-in", LANTERN]) == 0
    said = capsys.readouterr().out
    assert "invented-ash" in said
    assert "works once" in said
    assert command.main(["sign-in", LANTERN, "--token"]) == 0
    assert capsys.readouterr().out == f"{sign_in_seed.load(places, LANTERN).token}\n"
