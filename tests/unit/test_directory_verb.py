"""`exchange directory`: a report a person can act on, one object for programs, and keys from files."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from directory_kit import HOST, SAMPLES, TERM, Office, file_url

from exchange_command import directory_requests
from exchange_command.main import main


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """A directory in this process, where the command line finds it."""
    made = Office(file_url(tmp_path / "data"))
    monkeypatch.setattr(directory_requests.httpx, "Client", lambda **_: made.client)
    monkeypatch.setattr(directory_requests, "verifying", lambda _tls: True)
    monkeypatch.setenv("EXCHANGE_PORT_BASE", HOST.rsplit(":", 1)[1][:2] + "000")
    monkeypatch.setenv("COLUMNS", "200")
    return made


def told(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_an_import_with_errors_takes_nothing_and_says_where(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["directory", "import", str(SAMPLES / "service_full.json")]) == 1
    shown = capsys.readouterr().out
    assert "service_full.json attributes[0] taxonomy_term_id" in shown
    assert "nearest codes" in shown
    assert "nothing was taken; 1 errors" in shown
    assert office.search() == []


@pytest.mark.parametrize("name", ["service_full.json", "csv"])
def test_files_and_folders_are_imported(
    office: Office, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert main(["directory", "import", str(SAMPLES / name), "--term", TERM, "--json"]) == 0
    report = told(capsys)
    assert (report["applied"], report["services"]) == (True, 1)


def test_only_valid_and_dry_run_are_choices(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(SAMPLES / "service_full.json")
    assert main(["directory", "import", path, "--only-valid", "--dry-run"]) == 1
    assert office.search() == []
    assert main(["directory", "import", path, "--only-valid"]) == 0
    assert "1 services taken" in capsys.readouterr().out
    assert len(office.search()) == 1


def test_search_is_a_table_or_one_object(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    office.enrol()
    assert main(["directory", "search", "--language", "es"]) == 0
    assert "harbor-advocacy" in capsys.readouterr().out
    assert main(["directory", "search", "--age-band", "minor", "--json"]) == 0
    assert [each["programme_id"] for each in told(capsys)["services"]] == ["harbor-advocacy"]
    assert main(["directory", "search", "--service", "Housng"]) == 1
    assert "Housing Services" in capsys.readouterr().err


@pytest.mark.parametrize("ending", ["zip", "json"])
def test_what_is_exported_can_be_imported(
    office: Office, tmp_path: Path, ending: str, capsys: pytest.CaptureFixture[str]
) -> None:
    office.enrol()
    path = tmp_path / f"out.{ending}"
    assert main(["directory", "export", str(path)]) == 0
    assert main(["directory", "import", str(path), "--dry-run"]) == 0
    assert "0 errors" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["nothing.json", "nothing.txt", "."])
def test_what_cannot_be_handed_over_is_told(
    office: Office, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "nothing.txt").write_text("x", encoding="utf-8")
    assert main(["directory", "import", str(tmp_path / name)]) == 1
    assert capsys.readouterr().err.startswith("exchange directory: ")


def test_a_directory_that_is_away_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EXCHANGE_PORT_BASE", "1987")
    assert main(["directory", "search"]) == 1
    assert "exchange up" in capsys.readouterr().err


def keys(folder: Path, number: int) -> tuple[Ed25519PrivateKey, str]:
    """New keys as PEM files; the private one, and what an enrolment file says of them."""
    signing, sealing = Ed25519PrivateKey.generate(), X25519PrivateKey.generate()
    public = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    (folder / f"signing{number}.pub.pem").write_bytes(signing.public_key().public_bytes(*public))
    (folder / f"sealing{number}.pub.pem").write_bytes(sealing.public_key().public_bytes(*public))
    pem = signing.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / f"signing{number}.pem").write_bytes(pem)
    files = f'signing_key = "signing{number}.pub.pem"\nsealing_key = "sealing{number}.pub.pem"\n'
    return signing, files


def enrolment(folder: Path, lines: str) -> str:
    """A file of enrolment with `lines` about its keys."""
    path = folder / "enrolment.toml"
    path.write_text(
        'id = "harbor-house"\nname = "Harbor House"\nkind = "ngo"\n\n[[programmes]]\n'
        'id = "harbor-advocacy"\nname = "Harbor advocacy"\nconfidential = false\nrole = "assistance"\n'
        'funding_streams = ["vawa"]\nservices = ["Safety Planning"]\nlanguages = ["en"]\n'
        'region = "Bay Side"\nage_bands = ["adult"]\n' + lines,
        encoding="utf-8",
    )
    return str(path)


def test_keys_come_from_files_and_old_ones_sign_the_new(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, first = keys(tmp_path, 1)
    signing, second = keys(tmp_path, 2)
    assert main(["directory", "enrol", enrolment(tmp_path, f'{first}key_id = "1"\n')]) == 0
    assert main(["directory", "enrol", enrolment(tmp_path, f'{second}key_id = "2"\n')]) == 1
    assert "old key sign the new ones" in capsys.readouterr().err
    files = [f"--{kind}={tmp_path / kind}2.pub.pem" for kind in ("signing", "sealing")]
    old = f"--old={tmp_path / 'signing1.pem'}"
    assert main(["directory", "endorse", "harbor-advocacy", old, *files, "--key-id", "2"]) == 0
    endorsed = capsys.readouterr().out
    assert tomllib.loads(endorsed)["key_id"] == "2"
    lines = f'{second}{endorsed}previous_key_id = "1"\n'
    assert main(["directory", "enrol", enrolment(tmp_path, lines), "--json"]) == 0
    assert told(capsys) == {"listed": 1}
    listed = office.topic.directory().programmes["harbor-advocacy"]
    assert listed.signing_key == signing.public_key().public_bytes_raw()


@pytest.mark.parametrize(
    "lines",
    [
        'signing_key = "nothing.pem"\nsealing_key = "nothing.pem"\nkey_id = "1"\n',
        'signing_key = "enrolment.toml"\nsealing_key = "enrolment.toml"\nkey_id = "1"\n',
        'key_id = "1"\n',
        "key_id = \n",
    ],
)
def test_an_enrolment_that_is_none_is_told(
    office: Office, tmp_path: Path, lines: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["directory", "enrol", enrolment(tmp_path, lines)]) == 1
    assert capsys.readouterr().err.startswith("exchange directory: ")
    assert office.topic.messages == []
