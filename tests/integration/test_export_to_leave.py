"""`exchange export` writes all that a participant needs to leave, opens nothing, and says what it lacks."""

import base64
import hashlib
import json
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from edge_kit import IDENTITY, offer_of
from real_edges import a_consent, reaches, real_edge, until

from exchange_command import service_settings
from exchange_command.leaving.departure import LEFT_OUT
from exchange_command.main import main
from exchange_command.platform import Platform
from exchange_command.sign_in_accounts import let_in
from participant_edge.edge import Edge
from referral_exchange import events, ids

LEAVER, OTHER = "lantern-outreach", "harbor-house"
LISTED = {"ParticipantListed", "ProgrammeListed"}
SAFE = events.SafeContact(may_contact=False, voicemail=False)


@dataclass
class Left:
    """What one export held."""

    path: Path
    told: dict[str, Any]

    def rows(self, name: str) -> list[dict[str, Any]]:
        with zipfile.ZipFile(self.path) as archive:
            return [json.loads(line) for line in archive.read(name).splitlines()]

    def everything(self) -> dict[str, bytes]:
        with zipfile.ZipFile(self.path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}


Export = Callable[..., Left]


@pytest.fixture(scope="module")
def exchange(platform: Platform) -> Iterator[Platform]:
    platform.up(["kafka", "registry", "consent_ledger", "referral_router"])
    yield platform
    for name in ("referral_router", "consent_ledger"):
        platform.stop(name)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the two bridges keep; an export reads it and changes nothing."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def journey(exchange: Platform, data: Path) -> Iterator[str]:
    """The referral that has gone all its way between the two."""
    edges = real_edge(exchange, LEAVER, data), real_edge(exchange, OTHER, data)
    yield a_journey(*edges)
    for edge in edges:
        edge.stop()


@pytest.fixture
def export(
    exchange: Platform,
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Export:
    """`exchange export` of a participant whose bridge keeps its data beside these tests."""
    places = exchange.places
    monkeypatch.setenv("EXCHANGE_HOME", str(places.home))
    monkeypatch.setenv("EXCHANGE_CACHE", str(places.cache))
    monkeypatch.setenv("EXCHANGE_PORT_BASE", str(places.port_base))

    def run(participant: str, *words: str, code: int = 0) -> Left:
        path = tmp_path / f"{participant}.zip"
        settings = bridge_settings(exchange, participant, data)
        capsys.readouterr()
        ended = main(["export", participant, "--to", str(path), "--bridge", str(settings), "--json", *words])
        shown = capsys.readouterr()
        assert ended == code, shown.err + shown.out
        return Left(path, json.loads(shown.out))

    return run


def bridge_settings(exchange: Platform, participant: str, folder: Path) -> Path:
    """Those that `exchange up` writes, for the databases of these tests."""
    name = f"ngo_bridge.{participant}"
    usual = service_settings.all_settings(exchange.places, exchange.network)[name]
    own = {**usual["service"], "data": str(folder / participant)}
    service_settings.write(folder, name, {**usual, "service": own})
    let_in(folder / f"{name}.toml", "invented-ash", "a-test")
    return folder / f"{name}.toml"


def a_journey(sender: Edge, recipient: Edge) -> str:
    """Asked, opened, accepted, told who it is, and taken back."""
    given = sender.give_consent(a_consent("identity", "needs", "safe-contact"), ids.fresh())
    sender.offer(offer_of(given.consent_id), ids.fresh())
    reaches(sender, given.referral_id, "received")
    recipient.open_parts(given.referral_id)
    recipient.answer(given.referral_id, "accepted", "accepted", ids.fresh())
    reaches(sender, given.referral_id, "accepted")
    sender.disclose(given.referral_id, [SAFE, IDENTITY], ids.fresh())
    until(lambda: len(recipient.open_parts(given.referral_id)) == 3, "the name arrives")
    sender.withdraw(given.referral_id)
    until(lambda: sender.withdrawal(given.consent_id).state == "recipients-told", "all are told")
    return given.referral_id


def test_who_leaves_takes_everything_along_and_nothing_opened(
    journey: str, export: Export, data: Path
) -> None:
    referral_id = journey
    left = export(LEAVER)
    assert left.told["absent"] == []
    assert left.path.stat().st_mode & 0o777 == 0o600

    assert referral_id in [row["referral_id"] for row in left.rows("referrals.jsonl")]
    assert len([row for row in left.rows("steps.jsonl") if row["referral_id"] == referral_id]) >= 5
    given = [row for row in left.rows("consents_given.jsonl") if row["referral_id"] == referral_id]
    assert [row["standing"] for row in given] == ["withdrawn"]
    kinds = {
        row["kind"] for row in left.rows("disclosures.jsonl") if row["consent_id"] == given[0]["consent_id"]
    }
    assert kinds == {"given", "sealed", "opened", "withdrawn"}
    assert referral_id in {row["referral_id"] for row in left.rows("tokens.jsonl")}
    assert referral_id in {row["referral_id"] for row in left.rows("router_records.jsonl")}
    assert {row["record"].partition(".")[0] for row in left.rows("listing.jsonl")} >= LISTED
    assert [row["name"] for row in left.rows("accounts.jsonl")] == ["invented-ash"]
    assert left.rows("changes.jsonl")

    proofs_hold_for_a_stranger(left)
    nothing_opened_or_secret(left, data / LEAVER)


def proofs_hold_for_a_stranger(left: Left) -> None:
    """With what is in the file alone, and the script that is in it too."""
    folder = left.path.parent / "unpacked"
    with zipfile.ZipFile(left.path) as archive:
        archive.extractall(folder)
    pages = sorted((folder / "proofs").iterdir())
    assert pages
    for page in pages:
        command = [sys.executable, str(folder / "verify_evidence.py"), str(page)]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert ended.returncode == 0, ended.stdout
        assert "holds:" in ended.stdout
    told = pages[0].read_text(encoding="utf-8")
    turned = told.replace('"asked_by":"lantern-case-management"', '"asked_by":"somebody-else"', 1)
    assert turned != told
    pages[0].write_text(turned, encoding="utf-8")
    ended = subprocess.run([*command[:2], str(pages[0])], capture_output=True, timeout=60, check=False)
    assert ended.returncode == 1


def nothing_opened_or_secret(left: Left, folder: Path) -> None:
    files = left.everything()
    manifest = json.loads(files["manifest.json"])
    assert manifest["not_in_it"] == list(LEFT_OUT)
    for kept in manifest["files"]:
        assert hashlib.sha256(files[kept["name"]]).hexdigest() == kept["sha256"]
    assert set(files) == {kept["name"] for kept in manifest["files"]} | {"manifest.json", "README.txt"}
    secrets = [IDENTITY.chosen_name or "", "PRIVATE KEY", "argon2", "subject_token"]
    whole = b"\n".join(files.values())
    assert all(each and each.encode() not in whole for each in secrets)
    assert all(f"- {each}".encode() in files["README.txt"] for each in LEFT_OUT)
    assert all(base64.b64encode(raw) not in whole for raw in sealed_values(folder))


def sealed_values(folder: Path) -> list[bytes]:
    """What the edge keeps of the bytes that it sent and got."""
    columns = {"commands": "prepared", "inbox": "value"}
    with closing(sqlite3.connect(folder / "edge.db")) as kept:
        asked = [f"SELECT {column} FROM {table}" for table, column in columns.items()]
        found = [row[0] for each in asked for row in kept.execute(each)]
    assert any(found)
    return [raw for raw in found if raw]


def test_the_other_side_may_leave_too(journey: str, export: Export) -> None:
    left = export(OTHER)
    assert left.told["absent"] == []
    found = [row for row in left.rows("referrals.jsonl") if row["referral_id"] == journey]
    assert [row["direction"] for row in found] == ["received"]
    assert {row["consent_id"] for row in left.rows("disclosures.jsonl")} >= {found[0]["return_consent_id"]}


def test_without_the_operator_the_file_says_what_it_lacks(
    journey: str, export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXCHANGE_HOME", str(tmp_path / "nobody's"))
    left = export(LEAVER, code=1)
    assert [each["what"] for each in left.told["absent"]] == ["what the exchange holds"]
    assert journey in [row["referral_id"] for row in left.rows("referrals.jsonl")]
    assert left.rows("disclosures.jsonl")
    assert "tokens.jsonl" not in left.told["files"]


def test_nobody_that_is_listed_and_no_bridge_make_no_file(export: Export, tmp_path: Path) -> None:
    path = tmp_path / "nobody.zip"
    assert main(["export", "nobody-at-all", "--to", str(path)]) == 1
    assert not path.exists()
    assert list(tmp_path.glob("*.new")) == []
