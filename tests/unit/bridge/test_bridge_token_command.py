"""`python -m ngo_bridge tokens`: by hand, on the database of a bridge that may run beside it."""

import json
from pathlib import Path

import pytest
from bridge_kit import BASE, StandInEdge, a_config
from fastapi.testclient import TestClient

from ngo_bridge.__main__ import main
from ngo_bridge.app import build

HERE = ("127.0.0.1", 50000)


def run(settings: Path, *words: str) -> int:
    return main(["tokens", *words, "--settings", str(settings)])


def test_a_token_issued_by_hand_works_at_a_running_bridge_until_it_is_revoked(
    settings: Path, edge: StandInEdge, capsys: pytest.CaptureFixture[str]
) -> None:
    with TestClient(build(edge, a_config(settings.parent)), base_url=BASE, client=HERE) as http:  # type: ignore[arg-type]
        assert http.get("/v1/inbox").status_code == 401
        assert run(settings, "issue", "--name", "case-records", "--scope", "read", "--days", "30") == 0
        token = capsys.readouterr().out.strip()
        sent = {"authorization": f"Bearer {token}"}
        assert http.get("/v1/inbox", headers=sent).status_code == 200

        assert run(settings, "list") == 0
        listed = json.loads(capsys.readouterr().out)
        assert (listed["name"], listed["scopes"], listed["works"]) == ("case-records", ["read"], True)
        assert token not in json.dumps(listed)

        assert run(settings, "revoke", listed["token_id"]) == 0
        assert http.get("/v1/inbox", headers=sent).status_code == 401


def test_a_token_without_an_end_works_until_revoked(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(settings, "issue", "--name", "clock", "--scope", "read", "--scope", "open", "--days", "0") == 0
    capsys.readouterr()
    run(settings, "list")
    assert json.loads(capsys.readouterr().out)["ends_at"] is None


@pytest.mark.parametrize(
    "words",
    [
        ("issue", "--name", "Invented Marigold", "--scope", "read"),
        ("issue", "--name", "case-records", "--scope", "everything"),
        ("issue", "--name", "case-records"),
        ("issue", "--name", "case-records", "--scope", "read", "--days", "-1"),
        ("forget",),
    ],
)
def test_what_cannot_be_asked_is_said(settings: Path, words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as stopped:
        run(settings, *words)
    assert stopped.value.code == 2


def test_an_unknown_token_cannot_be_revoked(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(settings, "revoke", "none") == 1
    assert "tokens list" in capsys.readouterr().err


def test_without_settings_it_says_which_are_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "none.toml", "list") == 2
    assert "no such settings file" in capsys.readouterr().err
